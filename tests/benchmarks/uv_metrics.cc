#include "rondo/tests/benchmarks/uv_metrics.h"

#include <uv.h>

#include <vector>

namespace rondo::benchmarks {
namespace {

double Rate(std::int64_t n, double since) {
  return static_cast<double>(n) / (Now() - since);
}

// A loop, and what its callbacks count.
struct Loop {
  Loop() {
    uv_loop_init(&loop);
    loop.data = this;
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  // The handles are never closed: the program of a row is short.

  static Loop& Of(uv_loop_t* loop) { return *static_cast<Loop*>(loop->data); }

  uv_loop_t loop;
  std::int64_t left = 0;
};

void ChainStep(uv_idle_t* self) {
  uv_idle_stop(self);
  if (--Loop::Of(self->loop).left == 0) return;
  uv_idle_start(static_cast<uv_idle_t*>(self->data), ChainStep);
}

double PostChain() {
  Loop world;
  uv_idle_t handles[2];
  for (int i : {0, 1}) {
    uv_idle_init(&world.loop, &handles[i]);
    handles[i].data = &handles[1 - i];
  }
  const std::int64_t n = Count(2e6);
  world.left = n;
  uv_idle_start(&handles[0], ChainStep);
  const double start = Now();
  uv_run(&world.loop, UV_RUN_DEFAULT);
  return Rate(n, start);
}

double PostBatch() {
  Loop world;
  const std::int64_t n = Count(1e6);
  world.left = n;
  std::vector<uv_idle_t> handles(static_cast<std::size_t>(n));
  const double start = Now();
  for (uv_idle_t& handle : handles) {
    uv_idle_init(&world.loop, &handle);
    uv_idle_start(&handle, [](uv_idle_t* self) {
      uv_idle_stop(self);
      --Loop::Of(self->loop).left;
    });
  }
  uv_run(&world.loop, UV_RUN_DEFAULT);
  const double rate = Rate(n, start);
  return world.left == 0 ? rate : -1;
}

double TimerRun() {
  Loop world;
  const std::int64_t n = Count(1e6);
  world.left = n;
  Rng rng;
  std::vector<uv_timer_t> timers(static_cast<std::size_t>(n));
  const double wall = WallNow();
  double start = Now();
  for (uv_timer_t& timer : timers) {
    uv_timer_init(&world.loop, &timer);
    uv_timer_start(
        &timer, [](uv_timer_t* self) { --Loop::Of(self->loop).left; },
        static_cast<std::uint64_t>(rng.Below(500)), 0);
  }
  const double spent = Now() - start;
  SpinUntil(wall + 0.51);
  start = Now() - spent;
  uv_run(&world.loop, UV_RUN_DEFAULT);
  const double rate = Rate(n, start);
  return world.left == 0 ? rate : -1;
}

double TimerCancel() {
  Loop world;
  const std::int64_t n = Count(1e6);
  world.left = n;
  Rng rng;
  std::vector<uv_timer_t> timers(static_cast<std::size_t>(n));
  const double start = Now();
  for (uv_timer_t& timer : timers) {
    uv_timer_init(&world.loop, &timer);
    uv_timer_start(
        &timer, [](uv_timer_t* self) { --Loop::Of(self->loop).left; },
        static_cast<std::uint64_t>(100'000 + rng.Below(1000)), 0);
  }
  for (uv_timer_t& timer : timers) uv_timer_stop(&timer);
  uv_run(&world.loop, UV_RUN_DEFAULT);
  const double rate = Rate(n, start);
  return world.left == n ? rate : -1;
}

constexpr Metric kMetrics[] = {
    {"post_chain", PostChain},
    {"post_batch", PostBatch},
    {"timer_run", TimerRun},
    {"timer_cancel", TimerCancel},
};

}  // namespace

std::span<const Metric> UvMetrics() { return kMetrics; }

}  // namespace rondo::benchmarks
