#include "rondo/simnet/simulation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "rondo/runtime/context.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/streams.h"
#include "rondo/simnet/scenario.h"
#include "rondo/simnet/simulate.h"
#include "rondo/tests/support/run_twice.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Coro<> Nothing() { co_return; }

// ---- Time

TEST(SimulationTest, TimeJumpsToTheNextTimer) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    sim.Run([&]() -> Coro<> {
      co_await Sleep(24h);
      sim.Output(std::to_string(sim.time() / 1h));
    });
  });
  EXPECT_THAT(run.outputs(), ElementsAre("24"));
  EXPECT_EQ(run.outcome.virtual_time, 24h);
  EXPECT_LT(run.outcome.iterations, 10u);
}

TEST(SimulationTest, HostsStartInTheOrderOfTheirAdditionAndMainLast) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    for (const char* name : {"b", "a", "c"}) {
      sim.AddHost(name, [&sim, name]() -> Coro<> {
        sim.Output(name);
        co_return;
      });
    }
    sim.Run([&]() -> Coro<> {
      sim.Output("main");
      co_return;
    });
  });
  EXPECT_THAT(run.outputs(), ElementsAre("b", "a", "c", "main"));
}

// Two timers due at one time: both fire before either host has its turn.
TEST(SimulationTest, WhatIsDueHappensBeforeHostsHaveTheirTurns) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    for (const char* name : {"late", "early"}) {
      sim.AddHost(name, [&sim, name]() -> Coro<> {
        co_await Sleep(10ms);
        sim.Output(name);
        // Ready again at once: its next turn is behind the other host's.
        co_await Sleep(0s);
        sim.Output(std::string(name) + " again");
      });
    }
    sim.Run([]() -> Coro<> { co_await Sleep(1s); });
  });
  EXPECT_THAT(run.outputs(),
              ElementsAre("late", "early", "late again", "early again"));
}

TEST(SimulationTest, NoHostSeesTimeMoveWhileAnotherIsReady) {
  RunTwice([](Simulation& sim) {
    sim.AddHost("busy", [&]() -> Coro<> {
      for (int i = 0; i < 100; ++i) co_await Sleep(0s);
      EXPECT_EQ(sim.time(), 0s);
    });
    sim.Run([&]() -> Coro<> {
      co_await Sleep(1ns);
      EXPECT_GE(sim.time(), 1ns);
    });
    EXPECT_GE(sim.iterations(), 100u);
  });
}

// ---- Isolation

TEST(SimulationTest, HostsShareNothingButTheNetwork) {
  RunTwice([](Simulation& sim) {
    std::set<const EventLoop*> loops;
    std::set<std::uint64_t> numbers;
    const auto look = [&]() -> Coro<> {
      loops.insert(&RunningLoop());
      numbers.insert(RunningLoop().seams().random->Next());
      co_return;
    };
    for (const char* name : {"n1", "n2", "n3"}) sim.AddHost(name, look);
    sim.Run([&]() -> Coro<> {
      co_await look();
      co_await Sleep(1s);
    });
    EXPECT_EQ(loops.size(), 4u);
    EXPECT_EQ(numbers.size(), 4u);
  });
}

// A host is a machine of its own: what the code that adds or restarts it has
// in its context is none of its business.
TEST(SimulationTest, AHostStartsInAnEmptyContext) {
  static ContextVar<int> variable("variable", 0);
  const RecordedRun run = RunTwice([](Simulation& sim) {
    const auto look = [&sim]() -> Coro<> {
      sim.Output(std::to_string(variable.Get()));
      co_return;
    };
    sim.Run([&, look]() -> Coro<> {
      variable.Set(7);
      Host& host = sim.AddHost("n1", look);
      co_await Sleep(1s);
      host.Crash();
      host.Restart();
      co_await Sleep(1s);
    });
  });
  EXPECT_THAT(run.outputs(), ElementsAre("0", "0"));
}

TEST(SimulationTest, AwaitingATaskOfAnotherHostThrows) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    Task<> foreign;
    sim.AddHost("n1", [&]() -> Coro<> {
      foreign = CreateTask([]() -> Coro<> { co_await Sleep(1h); });
      co_await Sleep(1h);
    });
    sim.Run([&]() -> Coro<> {
      co_await Sleep(1s);
      co_await foreign;
    });
  });
  EXPECT_EQ(run.outcome.kind, RunKind::kException);
}

TEST(SimulationTest, RunningTheLoopOfAHostByHandThrows) {
  Simulation sim;
  Host& host = sim.AddHost("n1", Nothing);
  EXPECT_THROW(host.loop().RunForever(), RuntimeError);
}

// ---- How runs end

TEST(SimulationTest, TheEndOfTheBodyEndsTheRunWhateverOthersDo) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    sim.AddHost("n1", [&]() -> Coro<> {
      for (;;) co_await Sleep(1s);
    });
    sim.AddHost("n2", Nothing);  // The end of another main ends nothing.
    sim.Run([]() -> Coro<> { co_await Sleep(10s); });
  });
  EXPECT_TRUE(run.outcome.passed());
  EXPECT_EQ(run.outcome.virtual_time, 10s);
}

TEST(SimulationTest, WhatTheScenarioOwnsMayDieWhenRunReturns) {
  RunTwice([](Simulation& sim) {
    auto alive = std::make_unique<int>(1);
    struct Watch {
      int* value;
      ~Watch() { ++*value; }  // Under ASan: after the end of `alive`, a report.
    };
    sim.AddHost("n1", [&]() -> Coro<> {
      const Watch watch{alive.get()};
      co_await Sleep(1h);
    });
    sim.Run([]() -> Coro<> { co_await Sleep(1s); });
    EXPECT_EQ(*alive, 2);
  });
}

TEST(SimulationTest, FailEndsTheRunAfterThePresentStep) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    sim.Run([&]() -> Coro<> {
      sim.Fail("lost write", "wrote 1, read 0");
      sim.Fail("second");  // The first one counts.
      sim.Output("same step");
      co_await Sleep(0s);
      sim.Output("next step");
    });
  });
  EXPECT_EQ(run.outcome.signature().ToString(), "fail: lost write");
  EXPECT_EQ(run.outcome.message, "wrote 1, read 0");
  EXPECT_THAT(run.outputs(), ElementsAre("same step"));
}

TEST(SimulationTest, FailOnAnyHostEndsTheRun) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    sim.AddHost("n1", [&]() -> Coro<> {
      co_await Sleep(1s);
      sim.Fail("two leaders");
    });
    sim.Run([]() -> Coro<> { co_await Sleep(1h); });
  });
  EXPECT_EQ(run.outcome.signature().ToString(), "fail: two leaders");
  EXPECT_EQ(run.outcome.virtual_time, 1s);
}

TEST(SimulationTest, FailOutsideOfRunThrows) {
  Simulation sim;
  EXPECT_THROW(sim.Fail("before"), RunFailed);
  sim.Run(Nothing);
  EXPECT_THROW(sim.Fail("after"), RunFailed);
  const RecordedRun run =
      RunTwice([](Simulation& one) { one.Fail("outside"); });
  EXPECT_EQ(run.outcome.signature().ToString(), "fail: outside");
}

TEST(SimulationTest, AnExceptionOfTheBodyLeavesRun) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    sim.Run([]() -> Coro<> {
      co_await Sleep(1s);
      throw std::out_of_range("no such key");
    });
  });
  EXPECT_EQ(run.outcome.signature().ToString(), "exception: std::out_of_range");
  EXPECT_THAT(run.outcome.message, HasSubstr("no such key"));
}

TEST(SimulationTest, AnExceptionOfAnyHostsMainLeavesRun) {
  Simulation sim;
  sim.AddHost("n1", []() -> Coro<> {
    co_await Sleep(1s);
    throw std::out_of_range("n1");
  });
  EXPECT_THROW(sim.Run([]() -> Coro<> { co_await Sleep(1h); }),
               std::out_of_range);
  EXPECT_EQ(sim.time(), 1s);
}

TEST(SimulationTest, AnExceptionOfTheScenarioItselfIsTheOutcome) {
  const RecordedRun run = RunTwice([](Simulation&) { throw ValueError("x"); });
  EXPECT_EQ(run.outcome.signature().ToString(), "exception: rondo::ValueError");
}

TEST(SimulationTest, ACancelledBodyIsAFailure) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    sim.Run([]() -> Coro<> {
      CurrentTask().Cancel();
      co_await Sleep(1s);
    });
  });
  EXPECT_EQ(run.outcome.signature().ToString(),
            "exception: rondo::CancelledError");
}

// ---- Deadlock

Coro<> WaitsDeeply(Future<> never) { co_await never; }
Coro<> WaitsDeeper(Future<> never) { co_await WaitsDeeply(never); }

TEST(SimulationTest, ADeadlockNamesEveryTaskOfEveryHostAndWhatItWaitsFor) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    sim.AddHost("n1", []() -> Coro<> {
      Future<> never = RunningLoop().CreateFuture();
      Task<> worker = CreateTask(WaitsDeeper(never), "worker");
      co_await worker;
    });
    sim.AddHost("n2", []() -> Coro<> {
      Server server =
          co_await StartServer([](Stream) -> Coro<> { co_return; }, "", 80);
      co_await server.ServeForever();
    });
    sim.Run([]() -> Coro<> { co_await RunningLoop().CreateFuture(); });
  });
  EXPECT_EQ(run.outcome.kind, RunKind::kDeadlock);
  const std::string& report = run.outcome.message;
  EXPECT_THAT(report, HasSubstr("host n1:"));
  EXPECT_THAT(report, HasSubstr("host n2:"));
  EXPECT_THAT(report, HasSubstr("host main:"));
  EXPECT_THAT(report, HasSubstr("task main waits for task worker"));
  // The chain, outermost first, each with file, line and function.
  EXPECT_THAT(report,
              testing::ContainsRegex(
                  "task worker waits for a future\n"
                  "    at .*simulation_test.cc:[0-9]+ in .*WaitsDeeper"
                  ".*\n"
                  "    at .*simulation_test.cc:[0-9]+ in .*WaitsDeeply"));
  EXPECT_EQ(run.outcome.id, "main,worker,main,main");
}

TEST(SimulationTest, ADeadlockIsToldFromWaitingForAnEventUnderWay) {
  EXPECT_NO_THROW(Simulate([]() -> Coro<> { co_await Sleep(24h * 365); }));
  EXPECT_THROW(
      Simulate([]() -> Coro<> { co_await RunningLoop().CreateFuture(); }),
      DeadlockError);
}

// A crashed host waits for nothing.
TEST(SimulationTest, ADeadlockReportLeavesCrashedHostsOut) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    Host& host = sim.AddHost(
        "gone", []() -> Coro<> { co_await RunningLoop().CreateFuture(); });
    sim.Run([&]() -> Coro<> {
      co_await Sleep(1s);
      host.Crash();
      co_await RunningLoop().CreateFuture();
    });
  });
  EXPECT_THAT(run.outcome.message,
              AllOf(HasSubstr("host main:"), Not(HasSubstr("host gone:"))));
}

// ---- Budgets

TEST(SimulationTest, TooManyIterationsAreALivelock) {
  ExecuteOptions options;
  options.simulation.iteration_budget = 1000;
  const RecordedRun run = RunTwice(
      [](Simulation& sim) {
        sim.Run([]() -> Coro<> {
          for (;;) co_await Sleep(0s);
        });
      },
      options);
  EXPECT_EQ(run.outcome.signature().ToString(), "livelock: iterations");
  EXPECT_EQ(run.outcome.iterations, 1001u);
  EXPECT_THAT(run.outcome.message, HasSubstr("1000"));
}

TEST(SimulationTest, TooMuchVirtualTimeIsALivelock) {
  ExecuteOptions options;
  options.simulation.time_budget = 1h;
  const RecordedRun run = RunTwice(
      [](Simulation& sim) {
        sim.Run([]() -> Coro<> {
          for (;;) co_await Sleep(1min);
        });
      },
      options);
  EXPECT_EQ(run.outcome.signature().ToString(), "livelock: time");
  EXPECT_EQ(run.outcome.virtual_time, 61min);
}

// A connection attempt that nobody answers is repeated for two minutes, and no
// host has a turn meanwhile.
TEST(SimulationTest, TimeThatOnlyTheNetworkSpendsCountsToo) {
  ExecuteOptions options;
  options.simulation.time_budget = 10s;
  const RecordedRun run = RunTwice(
      [](Simulation& sim) {
        sim.AddHost("n1", Nothing);
        sim.Partition("n1");
        sim.Run([]() -> Coro<> { co_await OpenConnection("n1", 80); });
      },
      options);
  EXPECT_EQ(run.outcome.signature().ToString(), "livelock: time");
  EXPECT_LT(run.outcome.virtual_time, 20s);
}

// ---- Misuse

TEST(SimulationTest, ASimulationRunsOnlyOnce) {
  Simulation sim;
  sim.Run(Nothing);
  EXPECT_THROW(sim.Run(Nothing), RuntimeError);
}

TEST(SimulationTest, NamesOfHostsAreUniqueAndMustExist) {
  Simulation sim;
  sim.AddHost("n1", Nothing);
  EXPECT_THROW(sim.AddHost("n1", Nothing), std::invalid_argument);
  EXPECT_THROW(sim.host("n2"), std::out_of_range);
  EXPECT_THROW(sim.Partition("n2"), std::out_of_range);
  EXPECT_THROW(sim.Heal("n1", "n2"), std::out_of_range);
  EXPECT_EQ(&sim.host("n1"), &sim.host("n1"));
  // The one that was refused has left nothing behind.
  EXPECT_TRUE(sim.host("n1").up());
  EXPECT_NO_THROW(sim.Run(Nothing));
}

TEST(SimulationTest, AHostCalledMainLeavesNoPlaceForTheBody) {
  Simulation sim;
  sim.AddHost("main", Nothing);
  EXPECT_THROW(sim.Run(Nothing), std::invalid_argument);
}

TEST(SimulationTest, SimulateReturnsAndThrowsWhatTheCoroutineDoes) {
  EXPECT_EQ(Simulate([]() -> Coro<int> {
              co_await Sleep(1h);
              co_return 42;
            }),
            42);
  EXPECT_THROW(Simulate([]() -> Coro<int> {
                 co_await Sleep(1h);
                 throw std::out_of_range("x");
               }),
               std::out_of_range);
}

}  // namespace
}  // namespace rondo
