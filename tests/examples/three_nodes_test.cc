// Three nodes that keep a value, one of which cannot be reached for a while.
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/simnet/explore.h"
#include "rondo/simnet/simulation.h"
#include "rondo/simnet/testing.h"

namespace {

using namespace std::chrono_literals;

// Answers whatever comes, until the end.
rondo::Coro<> Acknowledge(rondo::Stream stream) {
  std::array<char, 64> buffer;
  while (co_await stream.Read(buffer) > 0) {
    co_await stream.WriteAll(std::string_view("ok\n"));
  }
}

rondo::Coro<> RunNode() {
  rondo::Server server = co_await rondo::StartServer(Acknowledge, "", 80);
  co_await server.ServeForever();
}

// Connects to a node that may not be listening yet.
rondo::Coro<rondo::Stream> Reach(std::string node) {
  for (;;) {
    rondo::Outcome<rondo::Stream> stream =
        co_await rondo::AsOutcome(rondo::OpenConnection(node, 80));
    if (stream.ok()) co_return stream.Take();
    if (stream.cancelled()) stream.Rethrow();
    co_await rondo::Sleep(10ms);
  }
}

rondo::Coro<> Store(std::string node, std::string update) {
  rondo::Stream stream = co_await Reach(node);
  update += '\n';
  co_await stream.WriteAll(update);
  co_await stream.ReadUntil('\n');
}

// Returns how many nodes have stored it within a second.
rondo::Coro<int> StoreOnAll(std::string update) {
  std::vector<rondo::Coro<>> stores;
  for (const char* node : {"n1", "n2", "n3"}) {
    stores.push_back(rondo::WaitFor(Store(node, update), 1s));
  }
  int stored = 0;
  const std::vector<rondo::Outcome<>> outcomes =
      co_await rondo::GatherOutcomes(std::move(stores));
  for (const rondo::Outcome<>& outcome : outcomes) stored += outcome.ok();
  co_return stored;
}

// [begin]
// A scenario is an ordinary function of Simulation&: run once it is a test,
// recorded it is a golden, explored it is a model check.
void PartitionOneNode(rondo::Simulation& sim) {
  for (const char* node : {"n1", "n2", "n3"}) sim.AddHost(node, RunNode);
  sim.Run([&]() -> rondo::Coro<> {
    EXPECT_EQ(co_await StoreOnAll("x=1"), 3);
    sim.Partition("n3");
    EXPECT_EQ(co_await StoreOnAll("x=2"), 2);  // n3 costs one virtual second.
    sim.Heal("n3");
    EXPECT_EQ(co_await StoreOnAll("x=3"), 3);
  });
}

TEST(QuorumTest, SurvivesOnePartitionedNodeUnderAnySchedule) {
  EXPECT_THAT(rondo::Explore(PartitionOneNode, {.schedules = 1'000}),
              rondo::NeverFailed());
}
// [end]

TEST(QuorumTest, SurvivesOnePartitionedNode) {
  rondo::Simulation sim;
  PartitionOneNode(sim);
  EXPECT_GE(sim.time(), 1s);
  EXPECT_LT(sim.time(), 2s);
}

}  // namespace
