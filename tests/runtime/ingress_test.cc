#include "rondo/runtime/ingress.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/loop_observer.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/sleep.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

// Sends from another thread, which is over when this returns.
template <class Sender, class... Values>
void SendAll(const Sender& sender, Values... values) {
  std::thread([&] { (sender.Send(values), ...); }).join();
}

TEST(IngressTest, ValuesOfAThreadComeInTheirOrder) {
  VirtualLoop world;
  Ingress<std::string> port(world.loop(), "port");
  SendAll(port.sender(), "a", "b");
  EXPECT_EQ(port.size(), 0u) << "the loop has not looked yet";
  const std::vector<std::string> got =
      world.Run([&]() -> Coro<std::vector<std::string>> {
        std::vector<std::string> values;
        values.push_back(co_await port.Receive());
        values.push_back(co_await port.Receive());
        co_return values;
      });
  EXPECT_THAT(got, ElementsAre("a", "b"));
  EXPECT_EQ(port.TryReceive(), std::nullopt);
}

TEST(IngressTest, AWaitingTaskIsWokenByAnotherThread) {
  rondo::Run([]() -> Coro<> {
    Ingress<int> port("port");
    std::thread thread([sender = port.sender()] {
      for (int i = 0; i < 1000; ++i) EXPECT_TRUE(sender.Send(i));
    });
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(co_await port.Receive(), i);
    thread.join();
  });
}

TEST(IngressTest, OfManyThreadsEachOnesValuesStayInOrder) {
  constexpr int kThreads = 3;
  constexpr int kEach = 500;
  rondo::Run([]() -> Coro<> {
    Ingress<int> port("port");
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([sender = port.sender(), t] {
        for (int i = 0; i < kEach; ++i) sender.Send(t * kEach + i);
      });
    }
    std::vector<std::vector<int>> got(kThreads);
    for (int i = 0; i < kThreads * kEach; ++i) {
      const int value = co_await port.Receive();
      got[static_cast<std::size_t>(value / kEach)].push_back(value);
    }
    for (const std::vector<int>& one : got) {
      EXPECT_EQ(one.size(), static_cast<std::size_t>(kEach));
      EXPECT_TRUE(std::ranges::is_sorted(one));
    }
    for (std::thread& thread : threads) thread.join();
  });
}

TEST(IngressTest, ReceiversAreServedInTheOrderInWhichTheyCame) {
  VirtualLoop world;
  Ingress<int> port(world.loop(), "port");
  std::vector<std::string> log;
  const auto receive = [&](std::string name) -> Coro<> {
    const int value = co_await port.Receive();
    log.push_back(name + std::to_string(value));
  };
  const Task<> a = world.loop().CreateTask(receive("a"));
  const Task<> b = world.loop().CreateTask(receive("b"));
  world.loop().RunOnce();
  SendAll(port.sender(), 1, 2, 3);
  world.loop().RunOnce();  // The values arrive and wake both.
  const Task<> c = world.loop().CreateTask(receive("c"));
  world.loop().RunOnce();
  EXPECT_THAT(log, ElementsAre("a1", "b2", "c3"));
}

TEST(IngressTest, AReceiverThatIsCancelledOnItsWayLosesNoValue) {
  VirtualLoop world;
  Ingress<int> port(world.loop(), "port");
  std::vector<int> got;
  const auto receive = [&]() -> Coro<> {
    got.push_back(co_await port.Receive());
  };
  Task<> first = world.loop().CreateTask(receive());
  const Task<> second = world.loop().CreateTask(receive());
  world.loop().RunOnce();
  SendAll(port.sender(), 7);
  world.loop().RunOnce();
  EXPECT_TRUE(first.Cancel()) << "woken, but not run";
  world.loop().RunOnce();
  EXPECT_THAT(got, IsEmpty());
  world.loop().RunOnce();
  EXPECT_THAT(got, ElementsAre(7));
  EXPECT_TRUE(first.cancelled());
  EXPECT_TRUE(second.done());
}

TEST(IngressTest, AReceiverThatIsCancelledWhileItWaitsIsForgotten) {
  VirtualLoop world;
  Ingress<int> port(world.loop(), "port");
  Task<int> first = world.loop().CreateTask(
      [&]() -> Coro<int> { co_return co_await port.Receive(); });
  world.loop().RunOnce();
  first.Cancel();
  SendAll(port.sender(), 7);
  world.loop().RunOnce();
  EXPECT_TRUE(first.cancelled());
  EXPECT_EQ(port.TryReceive(), 7);
}

TEST(IngressTest, ValuesMayBeMoveOnlyWithACodecOfTheirOwn) {
  struct Codec {
    static std::string Encode(const std::unique_ptr<int>& value) {
      return std::to_string(*value);
    }
    static std::unique_ptr<int> Decode(std::string_view bytes) {
      return std::make_unique<int>(std::stoi(std::string(bytes)));
    }
  };
  VirtualLoop world;
  Ingress<std::unique_ptr<int>, Codec> port(world.loop(), "port");
  std::thread([sender = port.sender()] {
    sender.Send(std::make_unique<int>(5));
  }).join();
  world.Run([&]() -> Coro<> {
    const std::unique_ptr<int> value = co_await port.Receive();
    EXPECT_EQ(*value, 5);
  });
}

TEST(IngressTest, ASenderOutlivesItsPortAndItsLoop) {
  auto world = std::make_unique<VirtualLoop>();
  auto held = std::make_shared<int>(1);
  struct Codec {
    static std::string Encode(const std::shared_ptr<int>&) { return ""; }
    static std::shared_ptr<int> Decode(std::string_view) { return nullptr; }
  };
  using Port = Ingress<std::shared_ptr<int>, Codec>;
  auto port = std::make_unique<Port>(world->loop(), "port");
  const Port::Sender sender = port->sender();
  EXPECT_TRUE(sender.Send(held));
  world->loop().RunOnce();
  EXPECT_TRUE(sender.Send(held));  // Still on its way.
  port.reset();
  EXPECT_FALSE(sender.Send(held));
  world->loop().RunOnce();
  EXPECT_EQ(held.use_count(), 1);

  auto other = std::make_unique<Port>(world->loop(), "port");
  const Port::Sender late = other->sender();
  EXPECT_TRUE(late.Send(held));
  world.reset();
  EXPECT_FALSE(late.Send(held));
  EXPECT_EQ(held.use_count(), 1);
}

TEST(IngressTest, NamesOfOpenPortsDiffer) {
  VirtualLoop world;
  auto port = std::make_unique<Ingress<int>>(world.loop(), "port");
  EXPECT_EQ(port->name(), "port");
  EXPECT_THROW(Ingress<int>(world.loop(), "port"), ValueError);
  EXPECT_THROW(Ingress<int>(world.loop(), "a#b"), ValueError);
  const Ingress<int> other(world.loop(), "other");
  port.reset();
  const Ingress<int> again(world.loop(), "port");
  EXPECT_EQ(again.name(), "port#2");
  EXPECT_THROW(Ingress<int>("outside"), RuntimeError);
  world.loop().Close();
  EXPECT_THROW(Ingress<int>(world.loop(), "late"), RuntimeError);
}

// ---- What an observer sees.

class Watcher final : public LoopObserver {
 public:
  void OnIdentity(Identity, std::string_view) override {}
  void OnArrival(const ArrivalInfo& arrival) override {
    log.push_back(std::string(arrival.source) + " " +
                  std::string(arrival.port_name) + " " +
                  std::string(arrival.payload));
  }
  void OnSelected(Nanoseconds, std::optional<Nanoseconds>,
                  std::span<const ReadyEvent>) override {
    log.emplace_back("selected");
  }
  void OnTimerFired(const HandleInfo&) override {}
  void OnRun(const HandleInfo& handle) override {
    log.push_back(handle.label());
  }
  void OnIterationEnd(std::size_t, std::size_t) override {}

  std::vector<std::string> log;
};

TEST(IngressObserverTest, EveryValueIsAnnouncedBeforeItsHandleRuns) {
  Watcher watcher;
  HandClock clock;
  JumpSelector selector(&clock);
  EventLoop loop(
      {.clock = &clock, .selector = &selector, .observer = &watcher});
  Ingress<std::string> port(loop, "port");
  SendAll(port.sender(), "a", "b");
  std::thread([&] { loop.CallSoonThreadsafe([] {}, "call"); }).join();
  loop.RunOnce();
  EXPECT_THAT(
      watcher.log,
      ElementsAre("port port a", "port port b", "threadsafe  ", "selected",
                  "io:receive:port", "io:receive:port", "callback:call"));
}

TEST(IngressObserverTest, AValueCanBeFedAsItWasAnnounced) {
  VirtualLoop world;
  Ingress<int> port(world.loop(), "port");
  internal::FindPort(world.loop().core(), "port")
      ->Feed(PortCodec<int>::Encode(12));
  EXPECT_EQ(internal::FindPort(world.loop().core(), "other"), nullptr);
  EXPECT_THROW(internal::FindPort(world.loop().core(), "port")->Feed("x"),
               ValueError);
  world.loop().RunOnce();
  EXPECT_EQ(port.TryReceive(), 12);
}

}  // namespace
}  // namespace rondo
