#include "rondo/tests/benchmarks/rondo_metrics.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/system_loop.h"
#include "rondo/simnet/event_queue.h"
#include "rondo/simnet/sim_selector.h"
#include "rondo/simnet/simulation.h"
#include "rondo/simnet/virtual_clock.h"

namespace rondo::benchmarks {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

double Rate(std::int64_t n, double since) {
  return static_cast<double>(n) / (Now() - since);
}

// ---- Callbacks.

struct ChainStep {
  EventLoop& loop;
  std::int64_t left;

  void operator()() const {
    if (left > 1) {
      loop.CallSoon(ChainStep{loop, left - 1});
    } else {
      loop.Stop();
    }
  }
};

double PostChain() {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  const std::int64_t n = Count(1e7);
  loop->CallSoon(ChainStep{*loop, n});
  const double start = Now();
  loop->RunForever();
  return Rate(n, start);
}

double PostAll(std::size_t reserved) {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  loop->Reserve(reserved);
  const std::int64_t n = Count(1e6);
  std::int64_t sum = 0;
  const double start = Now();
  for (std::int64_t i = 0; i < n; ++i) {
    loop->CallSoon([&sum, i] { sum += i; });
  }
  loop->CallSoon([&] { loop->Stop(); });
  loop->RunForever();
  const double rate = Rate(n, start);
  return sum == n * (n - 1) / 2 ? rate : -1;
}

// Where libuv's, libev's and libevent's rows make their handles before the
// clock starts, ours have their memory.
constexpr std::size_t kHandleBytes = 64;
constexpr std::size_t kTimerBytes = 80;

double PostBatch() {
  return PostAll(static_cast<std::size_t>(Count(1e6)) * kHandleBytes);
}
double PostBatchCold() { return PostAll(0); }

// ---- Tasks and futures.

Coro<> Yielder(std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) co_await Yield();
}

Coro<double> Yields(std::int64_t tasks, std::int64_t each) {
  std::vector<Task<>> running;
  for (std::int64_t i = 0; i < tasks; ++i) {
    running.push_back(CreateTask(Yielder(each)));
  }
  const double start = Now();
  for (const Task<>& task : running) co_await task;
  co_return Rate(tasks * each, start);
}

double Yield1() {
  return MakeSystemLoop()->RunUntilComplete(Yields(1, Count(1e7)));
}

double Yield1k() {
  return MakeSystemLoop()->RunUntilComplete(Yields(1000, Count(1e4)));
}

Coro<> Child() { co_await Yield(); }

Coro<double> SpawnAndJoin(std::int64_t n) {
  std::vector<Task<>> tasks;
  tasks.reserve(static_cast<std::size_t>(n));
  const double start = Now();
  for (std::int64_t i = 0; i < n; ++i) tasks.push_back(CreateTask(Child()));
  for (Task<>& task : tasks) co_await std::move(task);
  co_return Rate(n, start);
}

double SpawnJoin() {
  return MakeSystemLoop()->RunUntilComplete(SpawnAndJoin(Count(1e6)));
}

struct Ball {
  Future<> ping;
  Future<> pong;
};

Coro<> Ping(Ball& ball, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    ball.pong.SetResult();
    co_await ball.ping;
    ball.ping = CreateFuture();
  }
}

Coro<> Pong(Ball& ball, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    co_await ball.pong;
    ball.pong = CreateFuture();
    ball.ping.SetResult();
  }
}

Coro<double> PlayPingPong(std::int64_t n) {
  Ball ball{CreateFuture(), CreateFuture()};
  const double start = Now();
  const Task<> pong = CreateTask(Pong(ball, n));
  const Task<> ping = CreateTask(Ping(ball, n));
  co_await pong;
  co_await ping;
  co_return Rate(n, start);
}

double PingPong() {
  return MakeSystemLoop()->RunUntilComplete(PlayPingPong(Count(5e6)));
}

Coro<> Idle(std::vector<Future<>>& parked) {
  const Future<> never = CreateFuture();
  parked.push_back(never);
  co_await never;
}

double MemTask() {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  const std::int64_t n = Count(1e6);
  std::vector<Future<>> parked;
  parked.reserve(static_cast<std::size_t>(n));
  const double before = ResidentBytes();
  for (std::int64_t i = 0; i < n; ++i) loop->CreateTask(Idle(parked));
  loop->Stop();
  loop->RunForever();
  const double bytes = (ResidentBytes() - before) / static_cast<double>(n);
  std::printf("mem_task %.6g\n", bytes);
  std::fflush(stdout);
  std::_Exit(0);  // Taking a million tasks down is not what is measured.
}

// ---- Timers of the real clock.

// Deadlines over half a second; the wait for the last one is not counted.
double TimerRun() {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  const std::int64_t n = Count(1e6);
  std::int64_t left = n;
  Rng rng;
  const double wall = WallNow();
  double start = Now();
  for (std::int64_t i = 0; i < n; ++i) {
    loop->CallLater(Nanoseconds(rng.Below(5e8)), [&] {
      if (--left == 0) loop->Stop();
    });
  }
  const double spent = Now() - start;
  SpinUntil(wall + 0.51);
  start = Now() - spent;
  loop->RunForever();
  return Rate(n, start);
}

double CancelTimers(std::size_t reserved) {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  loop->Reserve(reserved);
  const std::int64_t n = Count(1e6);
  Rng rng;
  std::vector<TimerHandle> timers;
  timers.reserve(static_cast<std::size_t>(n));
  std::int64_t fired = 0;
  const double start = Now();
  for (std::int64_t i = 0; i < n; ++i) {
    timers.push_back(loop->CallLater(seconds(100) + Nanoseconds(rng.Below(1e9)),
                                     [&] { ++fired; }));
  }
  for (TimerHandle& timer : timers) timer.Cancel();
  loop->CallSoon([&] { loop->Stop(); });
  loop->RunForever();
  const double rate = Rate(n, start);
  return fired == 0 ? rate : -1;
}

double TimerCancel() {
  return CancelTimers(static_cast<std::size_t>(Count(1e6)) * kTimerBytes);
}
double TimerCancelCold() { return CancelTimers(0); }

// ---- Simulated time.

// A loop alone in simulated time.
struct VirtualLoop {
  VirtualLoop() { selector.DriveAlone(queue, time); }

  EventQueue queue;
  VirtualTime time;
  VirtualClock clock{time};
  SimSelector selector;
  EventLoop loop{LoopSeams{.clock = &clock, .selector = &selector}};
};

double VirtualTimerRun() {
  VirtualLoop world;
  EventLoop& loop = world.loop;
  const std::int64_t n = Count(1e6);
  std::int64_t left = n;
  Rng rng;
  const double start = Now();
  for (std::int64_t i = 0; i < n; ++i) {
    loop.CallLater(Nanoseconds(rng.Below(1e9)), [&] {
      if (--left == 0) loop.Stop();
    });
  }
  loop.RunForever();
  return Rate(n, start);
}

Coro<> Sleeper(Rng& rng, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    co_await Sleep(Nanoseconds(rng.Below(1e9)));
  }
}

Coro<double> Sleepers(std::int64_t tasks, std::int64_t each) {
  Rng rng;
  std::vector<Task<>> running;
  const double start = Now();
  for (std::int64_t i = 0; i < tasks; ++i) {
    running.push_back(CreateTask(Sleeper(rng, each)));
  }
  for (const Task<>& task : running) co_await task;
  co_return Rate(tasks * each, start);
}

double VirtualTimerHold() {
  return VirtualLoop().loop.RunUntilComplete(Sleepers(1000, Count(2e3)));
}

// ---- Two simulated hosts.

using Message = std::array<char, 8>;

Coro<> Echo(Stream stream) {
  Message message;
  while (co_await stream.Read(message) > 0) {
    co_await stream.WriteAll(message);
  }
}

Coro<> EchoServer() {
  Server server = co_await StartServer(Echo, "", 7);
  co_await server.ServeForever();
}

Coro<> DoNothing() { co_await CreateFuture(); }

double SimulatedPingPongAmong(int idle_hosts) {
  SimulationOptions options;
  options.latency_min = options.latency_max = milliseconds(1);
  options.iteration_budget = ~std::uint64_t{0};
  const std::int64_t n = Count(1e6);
  double rate = -1;
  Simulation simulation(options);
  simulation.AddHost("server", EchoServer);
  for (int i = 0; i < idle_hosts; ++i) {
    simulation.AddHost("idle" + std::to_string(i), DoNothing);
  }
  simulation.Run([&]() -> Coro<> {
    co_await Sleep(seconds(1));
    Stream stream = co_await OpenConnection("server", 7);
    Message message = {};
    const double start = Now();
    for (std::int64_t i = 0; i < n; ++i) {
      co_await stream.WriteAll(message);
      if (co_await stream.Read(message) != message.size()) co_return;
    }
    rate = Rate(2 * n, start);
  });
  return rate;
}

double SimulatedPingPong() { return SimulatedPingPongAmong(0); }
double SimulatedPingPongAmongMany() { return SimulatedPingPongAmong(998); }

constexpr Metric kMetrics[] = {
    {"post_chain", PostChain},
    {"post_batch", PostBatch},
    {"post_batch_cold", PostBatchCold},
    {"yield_1", Yield1},
    {"yield_1k", Yield1k},
    {"spawn_join", SpawnJoin},
    {"pingpong", PingPong},
    {"timer_run", TimerRun},
    {"timer_cancel", TimerCancel},
    {"timer_cancel_cold", TimerCancelCold},
    {"vtimer_run", VirtualTimerRun},
    {"vtimer_hold", VirtualTimerHold},
    {"sim_pp", SimulatedPingPong},
    {"sim_pp_1k", SimulatedPingPongAmongMany},
    {"mem_task", MemTask},
};

}  // namespace

std::span<const Metric> RondoMetrics() { return kMetrics; }

}  // namespace rondo::benchmarks
