// What deciding costs: a pick, a draw, and a whole run of small programs.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rondo/replay/explorer.h"
#include "rondo/replay/make_strategy.h"
#include "rondo/replay/run_hash.h"
#include "rondo/replay/tape_strategy.h"
#include "rondo/tests/replay/toy_programs.h"

namespace rondo {
namespace {

constexpr std::uint64_t kPicksPerRun = 1000;

std::vector<HandleInfo> Handles(std::size_t count) {
  std::vector<HandleInfo> handles(count);
  for (std::size_t i = 0; i < count; ++i) {
    handles[i].id = MixBits(i);
    handles[i].task = MixBits(MixBits(i));
  }
  return handles;
}

void Picks(benchmark::State& state, Strategy& strategy) {
  Scheduler scheduler(&strategy, LegalityMode::kContract);
  std::vector<HandleInfo> handles =
      Handles(static_cast<std::size_t>(state.range(0)));
  std::uint64_t run = 1;
  for (auto _ : state) {
    scheduler.Begin({.run = run++});
    for (std::uint64_t i = 0; i < kPicksPerRun; ++i) {
      handles[0].id = i;
      benchmark::DoNotOptimize(scheduler.PickReady(handles));
    }
  }
  state.SetItemsProcessed(state.iterations() * kPicksPerRun);
}

void BM_Pick(benchmark::State& state, const char* name) {
  const std::unique_ptr<Strategy> strategy =
      std::move(MakeStrategy(name)).value();
  Picks(state, *strategy);
}
BENCHMARK_CAPTURE(BM_Pick, fifo, "fifo")->Arg(4)->Arg(16);
BENCHMARK_CAPTURE(BM_Pick, random_walk, "random_walk")->Arg(4)->Arg(16);
BENCHMARK_CAPTURE(BM_Pick, random_deviation, "random_deviation")->Arg(4);
BENCHMARK_CAPTURE(BM_Pick, random_priority, "random_priority")->Arg(4)->Arg(16);
BENCHMARK_CAPTURE(BM_Pick, pct, "pct")->Arg(4)->Arg(16);
BENCHMARK_CAPTURE(BM_Pick, starvation, "starvation")->Arg(4);

// Replays a tape that says nothing about what is asked.
void BM_PickFromTape(benchmark::State& state) {
  Tape tape;
  for (std::uint64_t i = 0; i < 100; ++i) {
    tape.Add(Decision::GoFirst(PickPoint::kReady, MixBits(~i), i));
  }
  TapeStrategy strategy(tape);
  Picks(state, strategy);
}
BENCHMARK(BM_PickFromTape)->Arg(4);

void BM_Draw(benchmark::State& state) {
  const std::unique_ptr<Strategy> strategy =
      std::move(MakeStrategy("random_walk")).value();
  Scheduler scheduler(strategy.get(), LegalityMode::kContract);
  for (auto _ : state) {
    scheduler.Begin({});
    for (std::uint64_t k = 0; k < kPicksPerRun; ++k) {
      benchmark::DoNotOptimize(scheduler.Draw(7, k, 1000));
    }
  }
  state.SetItemsProcessed(state.iterations() * kPicksPerRun);
}
BENCHMARK(BM_Draw);

void BM_Schedules(benchmark::State& state, const RunOnce& program,
                  const std::string& strategy) {
  constexpr std::uint64_t kSchedules = 1000;
  for (auto _ : state) {
    Explorer explorer(program, {.schedules = kSchedules, .strategy = strategy});
    benchmark::DoNotOptimize(explorer.Run());
  }
  state.SetItemsProcessed(state.iterations() * kSchedules);
}
BENCHMARK_CAPTURE(BM_Schedules, reorder_3_random_walk,
                  Reorder(2, 1, Bug::kFixed), "random_walk");
BENCHMARK_CAPTURE(BM_Schedules, reorder_10_portfolio,
                  Reorder(9, 1, Bug::kFixed), "portfolio");
BENCHMARK_CAPTURE(BM_Schedules, av_n10_random_walk,
                  AtomicityViolation(10, Bug::kFixed), "random_walk");
BENCHMARK_CAPTURE(BM_Schedules, av_n10_portfolio,
                  AtomicityViolation(10, Bug::kFixed), "portfolio");

}  // namespace
}  // namespace rondo

BENCHMARK_MAIN();
