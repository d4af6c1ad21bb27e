// What the machine's selectors cost: a wake-up, asking in vain, and reporting
// what is ready of a thousand descriptors.
#include <benchmark/benchmark.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "rondo/runtime/make_selector.h"

namespace rondo {
namespace {

constexpr Nanoseconds kZero(0);
constexpr int kDescriptors = 1000;

// A thousand descriptors (select takes no more), the last `ready` of them
// readable for ever. Every call is a call: no zero timeout is skipped.
class World {
 public:
  World(SelectorKind kind, int ready)
      : selector_(MakeSelector(kind, /*max_skips=*/0)) {
    for (int i = 0; i < kDescriptors; ++i) {
      const bool is_ready = i >= kDescriptors - ready;
      fds_.push_back(eventfd(is_ready ? 1 : 0, EFD_NONBLOCK));
      selector_->Register(fds_.back(), kReadable);
    }
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() {
    for (const int fd : fds_) close(fd);
  }

  SystemSelector& selector() { return *selector_; }
  int last() const { return fds_.back(); }

 private:
  std::unique_ptr<SystemSelector> selector_;
  std::vector<int> fds_;
};

// All that are ready, in as many calls as it takes.
void Ready(benchmark::State& state, SelectorKind kind, int ready) {
  World world(kind, ready);
  std::int64_t events = 0;
  for (auto _ : state) {
    int left = ready;
    do {
      const auto some = world.selector().Select(kZero);
      left -= static_cast<int>(some.size());
    } while (left > 0);
    events += ready;
  }
  state.SetItemsProcessed(events);
}

void Wake(benchmark::State& state, SelectorKind kind) {
  World world(kind, 0);
  for (auto _ : state) {
    world.selector().Wake();
    benchmark::DoNotOptimize(world.selector().Select(std::nullopt));
  }
  state.SetItemsProcessed(state.iterations());
}

// What an await of one socket does: it registers, waits, and unregisters.
void OneShot(benchmark::State& state, SelectorKind kind) {
  World world(kind, 0);
  const int fd = world.last();
  world.selector().Unregister(fd);
  const std::uint64_t one = 1;
  std::uint64_t value = 0;
  for (auto _ : state) {
    world.selector().Register(fd, kReadable);
    [[maybe_unused]] ssize_t n = write(fd, &one, sizeof(one));
    benchmark::DoNotOptimize(world.selector().Select(std::nullopt));
    n = read(fd, &value, sizeof(value));
    world.selector().Unregister(fd);
  }
  state.SetItemsProcessed(state.iterations());
}

void RegisterRows(SelectorKind kind) {
  const std::string name = std::string("/") + SelectorName(kind);
  for (const int ready : {0, 1, kDescriptors}) {
    benchmark::RegisterBenchmark(
        ("selector_ready_" + std::to_string(ready) + "_of_1000" + name).c_str(),
        [=](benchmark::State& state) { Ready(state, kind, ready); });
  }
  benchmark::RegisterBenchmark(
      ("selector_wake" + name).c_str(),
      [=](benchmark::State& state) { Wake(state, kind); });
  benchmark::RegisterBenchmark(
      ("selector_one_shot" + name).c_str(),
      [=](benchmark::State& state) { OneShot(state, kind); });
}

}  // namespace
}  // namespace rondo

int main(int argc, char** argv) {
  for (const rondo::SelectorKind kind :
       {rondo::SelectorKind::kEpoll, rondo::SelectorKind::kPoll,
        rondo::SelectorKind::kSelect, rondo::SelectorKind::kIoUring}) {
    try {
      rondo::MakeSelector(kind);
      rondo::RegisterRows(kind);
    } catch (const std::system_error& error) {
      std::fprintf(stderr, "left out: %s\n", error.what());
    }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
