// Every row by rondo and, where they have it, by Boost.Asio and libuv, in
// turn; and what watching a loop costs. README.md has the rows.
#include <benchmark/benchmark.h>

#include <string>
#include <utility>

#include "rondo/replay/recorder.h"
#include "rondo/replay/trace_file.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/sleep.h"
#include "rondo/simnet/event_queue.h"
#include "rondo/simnet/sim_selector.h"
#include "rondo/simnet/virtual_clock.h"
#include "rondo/tests/benchmarks/asio_metrics.h"
#include "rondo/tests/benchmarks/asio_network_metrics.h"
#include "rondo/tests/benchmarks/metric.h"
#include "rondo/tests/benchmarks/network_metrics.h"
#include "rondo/tests/benchmarks/rondo_metrics.h"
#include "rondo/tests/benchmarks/stream_metrics.h"
#include "rondo/tests/benchmarks/sync_metrics.h"
#include "rondo/tests/benchmarks/uv_metrics.h"
#include "rondo/tests/benchmarks/uv_network_metrics.h"

namespace rondo::benchmarks {
namespace {

// In one of the two, or null.
const Metric* Find(std::span<const Metric> a, std::span<const Metric> b,
                   std::string_view name) {
  for (const std::span<const Metric> metrics : {a, b}) {
    for (const Metric& metric : metrics) {
      if (name == metric.name) return &metric;
    }
  }
  return nullptr;
}

// Rates are compared by their sums over the iterations, each of which measures
// everybody once: what the machine does meanwhile falls on all of them.
void MeasureRow(benchmark::State& state, const Metric& ours) {
  struct Peer {
    const char* name;
    const Metric* metric;
    double sum = 0;
  };
  Peer peers[] = {
      {"asio", Find(AsioMetrics(), AsioNetworkMetrics(), ours.name)},
      {"libuv", Find(UvMetrics(), UvNetworkMetrics(), ours.name)}};
  double sum = 0;
  for (auto _ : state) {
    const double rate = ours.run();
    if (rate <= 0) return state.SkipWithError("the work went wrong");
    state.SetIterationTime(1 / rate);
    sum += rate;
    for (Peer& peer : peers) {
      if (peer.metric != nullptr) peer.sum += peer.metric->run();
    }
  }
  const auto runs = static_cast<double>(state.iterations());
  state.counters["ops"] = sum / runs;
  for (const Peer& peer : peers) {
    if (peer.metric == nullptr) continue;
    state.counters[peer.name] = peer.sum / runs;
    state.counters[std::string("x_") + peer.name] = sum / peer.sum;
  }
}

// ---- The price of being watched.

enum class Watch { kNone, kDigest, kTrace };

Coro<> Turns(benchmark::State& state, TraceTextWriter& writer) {
  std::int64_t turns = 0;
  for (auto _ : state) {
    co_await Yield();
    if (++turns % 4096 == 0) writer.Clear();
  }
}

void MeasureIteration(benchmark::State& state, Watch watch) {
  TraceTextWriter writer;
  Recorder recorder(watch == Watch::kTrace ? &writer : nullptr);
  recorder.Begin(TraceHeader());
  EventQueue queue;
  VirtualTime time;
  VirtualClock clock(time);
  SimSelector selector;
  selector.DriveAlone(queue, time);
  LoopSeams seams;
  seams.clock = &clock;
  seams.selector = &selector;
  if (watch != Watch::kNone) {
    seams.observer = &recorder.AddLoop("main", 0, nullptr);
  }
  EventLoop loop(seams);
  loop.RunUntilComplete(Turns(state, writer));
}

void RegisterRows(std::span<const Metric> metrics) {
  for (const Metric& metric : metrics) {
    // It ends the process: run `metrics mem_task`.
    if (std::string_view(metric.name) == "mem_task") continue;
    benchmark::RegisterBenchmark(
        metric.name,
        [&metric](benchmark::State& state) { MeasureRow(state, metric); })
        ->UseManualTime()
        ->Iterations(5)
        ->Unit(benchmark::kNanosecond);
  }
}

void RegisterAll() {
  RegisterRows(RondoMetrics());
  RegisterRows(SyncMetrics());
  RegisterRows(NetworkMetrics());
  RegisterRows(StreamMetrics());
  const std::pair<const char*, Watch> modes[] = {
      {"iteration/unwatched", Watch::kNone},
      {"iteration/digest", Watch::kDigest},
      {"iteration/trace", Watch::kTrace}};
  for (const auto& [name, watch] : modes) {
    benchmark::RegisterBenchmark(name, [watch](benchmark::State& state) {
      MeasureIteration(state, watch);
    });
  }
}

}  // namespace
}  // namespace rondo::benchmarks

int main(int argc, char** argv) {
  rondo::benchmarks::RegisterAll();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
