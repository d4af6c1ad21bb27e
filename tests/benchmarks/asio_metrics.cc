#include "rondo/tests/benchmarks/asio_metrics.h"

// Boost 1.74 uses std::exchange without <utility>.
#include <utility>

#define BOOST_ASIO_DISABLE_THREADS 1
#include <boost/asio.hpp>
#include <chrono>
#include <deque>
#include <optional>

namespace rondo::benchmarks {
namespace {

namespace asio = boost::asio;

using asio::io_context;
using boost::system::error_code;
using Executor = io_context::executor_type;
using Co = asio::awaitable<void, Executor>;
constexpr asio::use_awaitable_t<Executor> kUseCo{};
constexpr int kHint = BOOST_ASIO_CONCURRENCY_HINT_UNSAFE;

double Rate(std::int64_t n, double since) {
  return static_cast<double>(n) / (Now() - since);
}

// A wake-up, once: what asyncio calls a future.
class Event {
 public:
  explicit Event(Executor executor) : executor_(executor) {}

  Co Wait() {
    if (!set_) {
      co_await asio::async_initiate<const asio::use_awaitable_t<Executor>,
                                    void()>(
          [this](auto handler) { waiter_.emplace(std::move(handler)); },
          kUseCo);
    }
    set_ = false;
  }
  void Set() {
    set_ = true;
    if (!waiter_) return;
    Handler handler = std::move(*waiter_);
    waiter_.reset();
    asio::post(executor_, std::move(handler));
  }

 private:
  using Handler =
      asio::async_result<asio::use_awaitable_t<Executor>, void()>::handler_type;

  Executor executor_;
  bool set_ = false;
  std::optional<Handler> waiter_;
};

struct ChainStep {
  io_context& context;
  std::int64_t left;

  void operator()() const {
    if (left > 1) asio::post(context, ChainStep{context, left - 1});
  }
};

double PostChain() {
  io_context context(kHint);
  const std::int64_t n = Count(1e7);
  asio::post(context, ChainStep{context, n});
  const double start = Now();
  context.run();
  return Rate(n, start);
}

double PostBatch() {
  io_context context(kHint);
  const std::int64_t n = Count(1e6);
  std::int64_t sum = 0;
  const double start = Now();
  for (std::int64_t i = 0; i < n; ++i) {
    asio::post(context, [&sum, i] { sum += i; });
  }
  context.run();
  const double rate = Rate(n, start);
  return sum == n * (n - 1) / 2 ? rate : -1;
}

Co Yielder(io_context& context, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) co_await asio::post(context, kUseCo);
}

double Yields(std::int64_t tasks, std::int64_t each) {
  io_context context(kHint);
  for (std::int64_t i = 0; i < tasks; ++i) {
    asio::co_spawn(context.get_executor(), Yielder(context, each),
                   asio::detached);
  }
  const double start = Now();
  context.run();
  return Rate(tasks * each, start);
}

double Yield1() { return Yields(1, Count(1e7)); }
double Yield1k() { return Yields(1000, Count(1e4)); }

Co SpawnAndJoin(io_context& context, std::int64_t n) {
  Event all(context.get_executor());
  std::int64_t left = n;
  for (std::int64_t i = 0; i < n; ++i) {
    asio::co_spawn(context.get_executor(), Yielder(context, 1),
                   [&](std::exception_ptr) {
                     if (--left == 0) all.Set();
                   });
  }
  co_await all.Wait();
}

double SpawnJoin() {
  io_context context(kHint);
  const std::int64_t n = Count(1e6);
  asio::co_spawn(context.get_executor(), SpawnAndJoin(context, n),
                 asio::detached);
  const double start = Now();
  context.run();
  return Rate(n, start);
}

Co Ping(Event& ping, Event& pong, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    pong.Set();
    co_await ping.Wait();
  }
}

Co Pong(Event& ping, Event& pong, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    co_await pong.Wait();
    ping.Set();
  }
}

double PingPong() {
  io_context context(kHint);
  const std::int64_t n = Count(5e6);
  Event ping(context.get_executor());
  Event pong(context.get_executor());
  asio::co_spawn(context.get_executor(), Pong(ping, pong, n), asio::detached);
  asio::co_spawn(context.get_executor(), Ping(ping, pong, n), asio::detached);
  const double start = Now();
  context.run();
  return Rate(n, start);
}

using Timers = std::deque<asio::steady_timer>;

double TimerRun() {
  io_context context(kHint);
  const std::int64_t n = Count(1e6);
  std::int64_t fired = 0;
  Rng rng;
  Timers timers;
  const auto base = std::chrono::steady_clock::now();
  const double wall = WallNow();
  double start = Now();
  for (std::int64_t i = 0; i < n; ++i) {
    timers.emplace_back(context,
                        base + std::chrono::nanoseconds(rng.Below(5e8)));
    timers.back().async_wait([&](error_code) { ++fired; });
  }
  const double spent = Now() - start;
  SpinUntil(wall + 0.51);
  start = Now() - spent;
  context.run();
  const double rate = Rate(n, start);
  return fired == n ? rate : -1;
}

double TimerCancel() {
  io_context context(kHint);
  const std::int64_t n = Count(1e6);
  std::int64_t fired = 0;
  Rng rng;
  Timers timers;
  const auto base =
      std::chrono::steady_clock::now() + std::chrono::seconds(100);
  const double start = Now();
  for (std::int64_t i = 0; i < n; ++i) {
    timers.emplace_back(context,
                        base + std::chrono::nanoseconds(rng.Below(1e9)));
    timers.back().async_wait([&](error_code) { ++fired; });
  }
  for (asio::steady_timer& timer : timers) timer.cancel();
  context.run();
  const double rate = Rate(n, start);
  return fired == n ? rate : -1;
}

constexpr Metric kMetrics[] = {
    {"post_chain", PostChain}, {"post_batch", PostBatch},
    {"yield_1", Yield1},       {"yield_1k", Yield1k},
    {"spawn_join", SpawnJoin}, {"pingpong", PingPong},
    {"timer_run", TimerRun},   {"timer_cancel", TimerCancel},
};

}  // namespace

std::span<const Metric> AsioMetrics() { return kMetrics; }

}  // namespace rondo::benchmarks
