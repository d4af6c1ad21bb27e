// How late a host may be while a simulation is explored.

#include <chrono>
#include <functional>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "rondo/replay/explorer.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/sleep.h"
#include "rondo/simnet/scenario.h"

namespace rondo {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// Every order of outputs that exploring `scenario` gives.
std::set<std::string> Explored(
    const std::function<void(Simulation&, std::string*)>& scenario) {
  std::set<std::string> seen;
  const Scenario watched = [&](Simulation& sim) {
    std::string output;
    scenario(sim, &output);
    seen.insert(output);
  };
  Explorer explorer(MakeRunOnce(watched, {}), {.schedules = 300, .seed = 5});
  const absl::StatusOr<ExploreResult> result = explorer.Run();
  EXPECT_TRUE(result.ok());
  for (const Finding& finding : result->findings) {
    ADD_FAILURE() << "seed 5: " << finding.outcome.message;
  }
  return seen;
}

// Two timers of one host, so far apart.
void TwoTimers(Simulation& sim, Nanoseconds apart, std::string* output) {
  sim.Run([&sim, apart, output]() -> Coro<> {
    EventLoop& loop = RunningLoop();
    const Nanoseconds second_at = loop.time() + 1s + apart;
    loop.CallAt(second_at, [&sim, second_at, output] {
      if (sim.time() < second_at) sim.Fail("early");
      *output += "second ";
    });
    loop.CallLater(1s, [output] { *output += "first "; });
    co_await Sleep(10s);
  });
}

TEST(LatenessTest, ATimerMayBeAsLateAsTheNext) {
  const auto seen = Explored([](Simulation& sim, std::string* output) {
    TwoTimers(sim, 5ms, output);
  });
  EXPECT_EQ(seen, (std::set<std::string>{"first second ", "second first "}));
}

TEST(LatenessTest, NothingIsLaterThanTheSlack) {
  const auto far = Explored([](Simulation& sim, std::string* output) {
    TwoTimers(sim, 11ms, output);
  });
  EXPECT_EQ(far, (std::set<std::string>{"first second "}));
  const auto none = Explored([](Simulation& sim, std::string* output) {
    sim.SetSlack(0ms);
    TwoTimers(sim, 5ms, output);
  });
  EXPECT_EQ(none, (std::set<std::string>{"first second "}));
}

TEST(LatenessTest, ATurnMayBeLateWhileATimerComesDue) {
  const auto seen = Explored([](Simulation& sim, std::string* output) {
    sim.Run([output]() -> Coro<> {
      RunningLoop().CallLater(5ms, [output] { *output += "timer "; });
      for (int i = 0; i < 3; ++i) {
        co_await Yield();
        *output += "turn ";
      }
      co_await Sleep(1s);
    });
  });
  EXPECT_TRUE(seen.contains("turn turn turn timer "));
  EXPECT_TRUE(seen.contains("turn timer turn turn "));
  EXPECT_TRUE(seen.contains("timer turn turn turn "));
}

}  // namespace
}  // namespace rondo
