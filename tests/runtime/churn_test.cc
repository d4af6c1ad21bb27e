// A thousand connections at once that end in every way there is: nothing is
// lost, neither a descriptor nor a byte.
#include "rondo/tests/runtime/churn.h"

#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>

#include "gtest/gtest.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/system_loop.h"
#include "rondo/simnet/scenario.h"
#include "rondo/tests/runtime/descriptors.h"
#include "rondo/tests/support/run_twice.h"
#include "rondo/tests/support/selectors.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kClients = 1000;
constexpr std::size_t kSimulatedClients = 40;

// Makes room for both ends of every connection. False: there is none.
bool AllowDescriptors(rlim_t n) {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  if (limit.rlim_cur >= n) return true;
  if (limit.rlim_max < n) return false;
  limit.rlim_cur = n;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

class ChurnTest : public testing::TestWithParam<SelectorKind> {};

// select knows no descriptors so great.
INSTANTIATE_TEST_SUITE_P(Selectors, ChurnTest,
                         testing::Values(SelectorKind::kEpoll,
                                         SelectorKind::kPoll,
                                         SelectorKind::kIoUring),
                         KindName);

TEST_P(ChurnTest, LosesNothing) {
  if (!AllowDescriptors(4 * kClients)) {
    GTEST_SKIP() << "this process may not have " << 4 * kClients
                 << " descriptors (ulimit -n)";
  }
  Churn churn(1 + static_cast<std::uint64_t>(GetParam()), kClients);
  const auto whole = [&churn]() -> Coro<> {
    const std::size_t before = CountDescriptors();
    Server server = co_await churn.Listen("127.0.0.1", 0);
    const std::uint16_t port = server.addresses().at(0).port();
    co_await churn.RunClients("127.0.0.1", port);
    co_await churn.Probe("127.0.0.1", port);
    server.Close();
    co_await server.WaitClosed();
    EXPECT_EQ(CountDescriptors(), before);
  };
  rondo::Run(whole, SystemLoopFactory({.selector = GetParam()}));
  EXPECT_EQ(churn.Wrong(), "");
  std::cout << churn.Summary() << "\n";
}

Coro<> Serve(Churn& churn) {
  Server server = co_await churn.Listen("", 80);
  co_await server.ServeForever();
}

Scenario Simulated(std::uint64_t seed) {
  return [seed](Simulation& sim) {
    Churn churn(seed, kSimulatedClients);
    sim.AddHost("server", [&churn] { return Serve(churn); });
    sim.Run([&]() -> Coro<> {
      co_await Sleep(1s);  // The server listens by then.
      co_await churn.RunClients("server", 80);
      co_await churn.Probe("server", 80);
      co_await Sleep(60s);  // The server knows of their end by then.
      sim.Output(churn.Summary());
      const std::string wrong = churn.Wrong();
      if (!wrong.empty()) sim.Fail("bytes do not add up", wrong);
    });
  };
}

TEST(SimulatedChurnTest, LosesNothingAndIsTheSameEveryTime) {
  std::string other;
  for (const std::uint64_t seed : {1, 2, 3}) {
    ExecuteOptions options;
    options.simulation.seed = seed;
    const RecordedRun run = RunTwice(Simulated(seed), options);
    EXPECT_TRUE(run.outcome.passed()) << run.outcome.message;
    ASSERT_EQ(run.outputs().size(), 1u);
    std::cout << run.outputs()[0] << "\n";
    EXPECT_NE(run.outputs()[0], other);
    other = run.outputs()[0];
  }
}

}  // namespace
}  // namespace rondo
