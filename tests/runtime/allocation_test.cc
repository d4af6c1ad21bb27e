// What need not wait costs no memory: neither the program's nor a pool's.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "gtest/gtest.h"
#include "rondo/runtime/condition.h"
#include "rondo/runtime/connections.h"
#include "rondo/runtime/event.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/lock.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/queue.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/semaphore.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/transport.h"
#include "rondo/tests/runtime/virtual_loop.h"
#include "rondo/tests/support/counting_heap.h"

namespace rondo {
namespace {

constexpr int kTimes = 1000;

// What the loop's pool and the program have allocated together.
std::uint64_t Allocated() {
  return RunningLoop().core()->pool->allocated() + heap_allocations;
}

// Awaits what `operation` returns many times: it must neither allocate nor
// suspend.
template <class F>
void ExpectFree(F operation) {
  VirtualLoop world;
  bool suspended = false;
  world.Run([&]() -> Coro<> {
    co_await operation();  // A queue makes room for its items.
    RunningLoop().CallSoon([&suspended] { suspended = true; });
    const std::uint64_t before = Allocated();
    for (int i = 0; i < kTimes; ++i) co_await operation();
    EXPECT_EQ(Allocated(), before);
    EXPECT_FALSE(suspended);
  });
}

TEST(AllocationTest, TheCountersCount) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const std::uint64_t before = Allocated();
    const auto nothing = []() -> Coro<> { co_return; };
    co_await nothing();
    EXPECT_EQ(Allocated(), before + 1);  // A frame.
    const std::string text(1000, 'x');
    EXPECT_EQ(Allocated(), before + 2);
  });
}

TEST(AllocationTest, AFreeLock) {
  Lock lock;
  ExpectFree([&] {
    if (lock.locked()) lock.Release();
    return lock.Acquire();
  });
}

TEST(AllocationTest, AFreeLockWithAGuard) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Lock lock;
    const std::uint64_t before = Allocated();
    for (int i = 0; i < kTimes; ++i) {
      const LockGuard guard = co_await lock.Scoped();
    }
    EXPECT_EQ(Allocated(), before);
  });
}

TEST(AllocationTest, ASemaphoreWithPermits) {
  Semaphore semaphore(kTimes + 1);
  ExpectFree([&] { return semaphore.Acquire(); });
  EXPECT_TRUE(semaphore.locked());
}

TEST(AllocationTest, ASemaphoreWithAGuard) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    BoundedSemaphore semaphore(1);
    const std::uint64_t before = Allocated();
    for (int i = 0; i < kTimes; ++i) {
      const SemaphoreGuard guard = co_await semaphore.Scoped();
    }
    EXPECT_EQ(Allocated(), before);
  });
}

TEST(AllocationTest, AnEventThatIsSet) {
  Event event;
  event.Set();
  ExpectFree([&] { return event.Wait(); });
}

TEST(AllocationTest, AConditionWhoseLockIsFree) {
  Condition condition;
  ExpectFree([&] {
    if (condition.locked()) {
      condition.NotifyAll();
      condition.Release();
    }
    return condition.Acquire();
  });
}

TEST(AllocationTest, AConditionThatIsTrueAlready) {
  Condition condition;
  ExpectFree([&] { return condition.WaitFor([] { return true; }); });
}

TEST(AllocationTest, AQueueWithItems) {
  Queue<int> queue;
  ExpectFree([&] {
    queue.PutNowait(1);
    queue.PutNowait(2);
    queue.GetNowait();
    return queue.Get();
  });
}

TEST(AllocationTest, AQueueWithRoom) {
  Queue<int> queue(3);
  ExpectFree([&] {
    if (queue.full()) queue.GetNowait();
    return queue.Put(1);
  });
}

TEST(AllocationTest, TheOtherQueues) {
  LifoQueue<int> stack(1);
  ExpectFree([&] {
    if (stack.full()) stack.GetNowait();
    return stack.Put(1);
  });
  PriorityQueue<int> heap;
  ExpectFree([&] {
    heap.PutNowait(1);
    return heap.Get();
  });
}

TEST(AllocationTest, AQueueWhoseTasksAreDone) {
  Queue<int> queue;
  ExpectFree([&] { return queue.Join(); });
}

// ---- Messages over the kernel's sockets: none once the buffers have grown.

constexpr std::string_view kMessage = "a message of some length";

// Sends back what it receives, `left` times; the last one is the end.
class Rally final : public Protocol {
 public:
  explicit Rally(const Future<>& end) : end_(end) {}

  void ConnectionMade(std::shared_ptr<Transport> transport) override {
    transport_ = std::move(transport);
  }
  void DataReceived(std::span<const char> data) override {
    if (--left == kTimes) before = Allocated();
    if (left == 0) {
      after = Allocated();
      end_.SetResult();
    } else {
      transport_->Write(data);
    }
  }

  int left = 2 * kTimes;
  std::uint64_t before = 0;
  std::uint64_t after = 0;

 private:
  Future<> end_;
  std::shared_ptr<Transport> transport_;
};

std::array<Socket, 2> Pair() {
  std::array<int, 2> fds;
  EXPECT_GE(
      RunningLoop().seams().network->SocketPair(SocketKind::kStream, &fds), 0);
  return {Socket(fds[0]), Socket(fds[1])};
}

TEST(AllocationTest, AProtocolThatEchoes) {
  rondo::Run([]() -> Coro<> {
    std::array<Socket, 2> pair = Pair();
    const Future<> end = CreateFuture();
    const auto first = std::make_shared<Rally>(end);
    const auto second = std::make_shared<Rally>(end);
    ProtocolFactory one = [first] { return first; };
    ProtocolFactory two = [second] { return second; };
    const Connection connection =
        co_await CreateConnection(std::move(one), std::move(pair[0]));
    co_await CreateConnection(std::move(two), std::move(pair[1]));
    connection.transport->Write(kMessage);
    co_await end;
    const Rally& last = first->left == 0 ? *first : *second;
    EXPECT_GT(last.before, 0u);
    EXPECT_EQ(last.after, last.before);
  }());
}

Coro<> EchoStream(Stream* stream) {
  std::array<char, 1000> buffer;
  while (const std::size_t n = co_await stream->Read(buffer)) {
    stream->Write(std::span(buffer).first(n));
    co_await stream->Drain();
  }
}

// Who waits has a future of the pool, which gives the same one again.
TEST(AllocationTest, AStreamThatEchoes) {
  rondo::Run([]() -> Coro<> {
    std::array<Socket, 2> pair = Pair();
    Stream near(std::move(pair[0]));
    Stream far(std::move(pair[1]));
    const Task<> echo = CreateTask(EchoStream(&far));
    std::array<char, 1000> buffer;
    std::uint64_t before = 0;
    for (int i = 0; i < 2 * kTimes; ++i) {
      if (i == kTimes) before = heap_allocations;
      near.Write(kMessage);
      EXPECT_EQ(co_await near.Read(buffer), kMessage.size());
    }
    EXPECT_EQ(heap_allocations, before);
    near.Close();
    co_await echo;
  }());
}

}  // namespace
}  // namespace rondo
