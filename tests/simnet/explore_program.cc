// A test program as a user has it, for explore_settings_test.cc, which runs it
// with all kinds of environments and flags. Run alone, some of it fails.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "rondo/runtime/sleep.h"
#include "rondo/simnet/testing.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;

// Two hosts write; who is last wins. In FIFO order that is always b.
void LastOneWins(Simulation& sim) {
  std::string last;
  sim.AddHost("a", [&]() -> Coro<> {
    co_await Sleep(10ms);
    last = "a";
  });
  sim.AddHost("b", [&]() -> Coro<> {
    co_await Sleep(14ms);
    last = "b";
  });
  sim.Run([&]() -> Coro<> {
    co_await Sleep(1s);
    EXPECT_EQ(last, "b");
  });
}

void Right(Simulation& sim) {
  sim.AddHost("a", []() -> Coro<> { co_await Sleep(10ms); });
  sim.Run([]() -> Coro<> { co_await Sleep(11ms); });
}

TEST(Race, IsFound) { EXPECT_THAT(Explore(LastOneWins), NeverFailed()); }

TEST(Clean, Passes) {
  const ExploreReport report = Explore(Right, {.schedules = 20});
  EXPECT_THAT(report, NeverFailed());
  std::cout << report.ToString();
}

TEST(Clean, PassesTwice) {
  EXPECT_THAT(Explore(Right, {.schedules = 20}), NeverFailed());
  EXPECT_THAT(Explore(Right, {.schedules = 20}), NeverFailed());
}

TEST(Clean, TakesForEver) {
  EXPECT_THAT(Explore(Right, {.schedules = 1'000'000'000}), NeverFailed());
}

// State that outlives the run and never fails it: only comparing shows it.
TEST(Unstable, Passes) {
  int runs = 0;
  EXPECT_THAT(Explore(
                  [&](Simulation& sim) {
                    sim.Run([&]() -> Coro<> {
                      co_await Sleep(1ms);
                      sim.Output("run " + std::to_string(++runs));
                    });
                  },
                  {.schedules = 20}),
              NeverFailed());
}

}  // namespace
}  // namespace rondo
