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

// ---- What Asio has no primitive for (in Boost 1.74), of an Event.

// Who waits longest is next.
class Mutex {
 public:
  explicit Mutex(io_context& context) : executor_(context.get_executor()) {}

  bool TryLock() { return !std::exchange(held_, true); }
  Co Wait() {
    Event turn(executor_);
    waiting_.push_back(&turn);
    co_await turn.Wait();
  }
  void Unlock() {
    if (waiting_.empty()) {
      held_ = false;
      return;
    }
    Event* const next = waiting_.front();
    waiting_.pop_front();
    next->Set();
  }

 private:
  Executor executor_;
  std::deque<Event*> waiting_;
  bool held_ = false;
};

Co TakeAndRelease(io_context& context, Mutex& mutex, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    if (!mutex.TryLock()) co_await mutex.Wait();
    co_await asio::post(context, kUseCo);
    mutex.Unlock();
  }
}

double LockPass() {
  constexpr int kTasks = 10;
  io_context context(kHint);
  Mutex mutex(context);
  const std::int64_t each = Count(3e5);
  for (int i = 0; i < kTasks; ++i) {
    asio::co_spawn(context.get_executor(), TakeAndRelease(context, mutex, each),
                   asio::detached);
  }
  const double start = Now();
  context.run();
  return Rate(kTasks * each, start);
}

// One item at a time.
struct Slot {
  Event full;
  Event empty;
  std::optional<std::int64_t> item;
};

Co Produce(Slot& slot, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    while (slot.item) co_await slot.empty.Wait();
    slot.item = i;
    slot.full.Set();
  }
}

Co Consume(Slot& slot, std::int64_t n, std::int64_t& sum) {
  for (std::int64_t i = 0; i < n; ++i) {
    while (!slot.item) co_await slot.full.Wait();
    sum += *slot.item;
    slot.item.reset();
    slot.empty.Set();
  }
}

double QueuePass() {
  io_context context(kHint);
  const std::int64_t n = Count(3e6);
  Slot slot{Event(context.get_executor()), Event(context.get_executor()), {}};
  std::int64_t sum = 0;
  asio::co_spawn(context.get_executor(), Consume(slot, n, sum), asio::detached);
  asio::co_spawn(context.get_executor(), Produce(slot, n), asio::detached);
  const double start = Now();
  context.run();
  const double rate = Rate(n, start);
  return sum == n * (n - 1) / 2 ? rate : -1;
}

Co Groups(io_context& context, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) co_await SpawnAndJoin(context, 10);
}

double GroupOfTen() {
  io_context context(kHint);
  const std::int64_t n = Count(2e5);
  asio::co_spawn(context.get_executor(), Groups(context, n), asio::detached);
  const double start = Now();
  context.run();
  return Rate(n, start);
}

Co SleepLong(asio::steady_timer& timer, Event& end) {
  try {
    co_await timer.async_wait(kUseCo);
  } catch (const boost::system::system_error&) {
  }
  end.Set();
}

Co Cancellations(io_context& context, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    asio::steady_timer timer(context, std::chrono::hours(1));
    Event end(context.get_executor());
    asio::co_spawn(context.get_executor(), SleepLong(timer, end),
                   asio::detached);
    co_await asio::post(context, kUseCo);
    timer.cancel();
    co_await end.Wait();
  }
}

double CancelSleep() {
  io_context context(kHint);
  const std::int64_t n = Count(3e5);
  asio::co_spawn(context.get_executor(), Cancellations(context, n),
                 asio::detached);
  const double start = Now();
  context.run();
  return Rate(n, start);
}

constexpr Metric kMetrics[] = {
    {"post_chain", PostChain}, {"post_batch", PostBatch},
    {"yield_1", Yield1},       {"yield_1k", Yield1k},
    {"spawn_join", SpawnJoin}, {"pingpong", PingPong},
    {"timer_run", TimerRun},   {"timer_cancel", TimerCancel},
    {"lock_pass", LockPass},   {"queue_pass", QueuePass},
    {"group_10", GroupOfTen},  {"cancel_sleep", CancelSleep},
};

}  // namespace

std::span<const Metric> AsioMetrics() { return kMetrics; }

}  // namespace rondo::benchmarks
