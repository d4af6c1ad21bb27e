#include "rondo/simnet/host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/simnet/scenario.h"
#include "rondo/simnet/simulation.h"
#include "rondo/tests/support/run_twice.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

Coro<> Nothing() { co_return; }

// Puts its name out when it dies.
class Witness {
 public:
  Witness(Simulation& sim, std::string name)
      : sim_(sim), name_(std::move(name)) {}
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  ~Witness() { sim_.Output(name_ + " died"); }

 private:
  Simulation& sim_;
  std::string name_;
};

// Sleeps for ever; whether it ends by a crash or by an exception shows.
Coro<> Sleeper(Simulation* sim, std::string name) {
  const Witness witness(*sim, name);
  try {
    co_await Sleep(24h);
  } catch (...) {
    sim->Output(name + " was thrown at");
    throw;
  }
  sim->Output(name + " went on");
}

// ---- Crash

TEST(HostTest, ACrashDestroysTheYoungestCoroutinesFirstWithoutRunningThem) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    Host& host = sim.AddHost("n1", [&]() -> Coro<> {
      const Witness witness(sim, "main");
      CreateTask(Sleeper(&sim, "first"));
      CreateTask(Sleeper(&sim, "second"));
      co_await Sleeper(&sim, "inner");
    });
    sim.Run([&]() -> Coro<> {
      co_await Sleep(1s);
      host.Crash();
      sim.Output("crashed");
      EXPECT_FALSE(host.up());
      co_await Sleep(48h);
    });
  });
  EXPECT_THAT(run.outputs(), ElementsAre("second died", "first died",
                                         "inner died", "main died", "crashed"));
}

TEST(HostTest, TasksHeldOutsideBecomeCancelled) {
  RunTwice([](Simulation& sim) {
    Task<> held;
    Future<int> future;
    Host& host = sim.AddHost("n1", [&]() -> Coro<> {
      future = RunningLoop().CreateFuture<int>();
      held = CreateTask(Sleeper(&sim, "held"));
      co_await Sleep(1h);
    });
    sim.Run([&]() -> Coro<> {
      co_await Sleep(1s);
      EXPECT_FALSE(held.done());
      host.Crash();
      EXPECT_TRUE(held.done());
      EXPECT_TRUE(held.cancelled());
      EXPECT_FALSE(future.done());
      future.SetResult(1);  // Nobody is woken by it.
      held.Cancel();
    });
  });
}

TEST(HostTest, WhatWasReadyOrArmedAtTheCrashNeverRuns) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    Host& host = sim.AddHost("n1", [&]() -> Coro<> {
      const Witness witness(sim, "main");
      RunningLoop().CallLater(2s, [&sim] { sim.Output("timer"); });
      for (;;) {
        RunningLoop().CallSoon([&sim] { EXPECT_LT(sim.time(), 1s); });
        co_await Sleep(10ms);
      }
    });
    sim.Run([&]() -> Coro<> {
      co_await Sleep(1s);
      host.Crash();
      co_await Sleep(1h);
    });
  });
  EXPECT_THAT(run.outputs(), ElementsAre("main died"));
}

// Schedules when it dies, by every way there is.
struct SchedulesWhenDying {
  Simulation* sim;
  EventLoop* loop;

  ~SchedulesWhenDying() {
    sim->Output("dying");
    const auto late = [s = sim] { s->Output("ran after the crash"); };
    loop->CallSoon(late);
    loop->CallLater(1s, late);
    loop->CallSoonThreadsafe(late);
    // Whoever crashes it: this is the dying host's code.
    EXPECT_EQ(&RunningLoop(), loop);
    RunningLoop().CallSoon(late);
    CreateTask([late]() -> Coro<> {
      late();
      co_return;
    });
  }
};

TEST(HostTest, WhatDyingCoroutinesScheduleIsDropped) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    std::optional<RemoteLoop> remote;
    Host& host = sim.AddHost("n1", [&]() -> Coro<> {
      remote = RunningLoop().remote();
      const SchedulesWhenDying dying{&sim, &RunningLoop()};
      co_await Sleep(1h);
    });
    sim.Run([&]() -> Coro<> {
      co_await Sleep(1s);
      host.Crash();
      remote->CallSoonThreadsafe([&] { sim.Output("ran after the crash"); });
      co_await Sleep(1h);
    });
  });
  EXPECT_THAT(run.outputs(), ElementsAre("dying"));
}

TEST(HostTest, AHostThatCrashesItselfEndsItsStepFirst) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    sim.AddHost("n1", [&]() -> Coro<> {
      const Witness witness(sim, "n1");
      co_await Sleep(1s);
      sim.host("n1").Crash();
      EXPECT_TRUE(sim.host("n1").up());
      sim.Output("same step");
      co_await Sleep(0s);
      sim.Output("next step");
    });
    sim.Run([&]() -> Coro<> {
      co_await Sleep(2s);
      EXPECT_FALSE(sim.host("n1").up());
    });
  });
  EXPECT_THAT(run.outputs(), ElementsAre("same step", "n1 died"));
  EXPECT_TRUE(run.outcome.passed());
}

TEST(HostTest, FaultsSpareTheHostOfTheBody) {
  RunTwice([](Simulation& sim) {
    sim.AddHost("n1", [&]() -> Coro<> {
      EXPECT_THROW(sim.host("main").Crash(), RuntimeError);
      co_return;
    });
    sim.Run([&]() -> Coro<> {
      EXPECT_THROW(sim.current_host()->Crash(), RuntimeError);
      co_await Sleep(1s);
    });
  });
}

TEST(HostTest, CrashIsIdempotentAndRestartNeedsACrash) {
  RunTwice([](Simulation& sim) {
    Host& host = sim.AddHost("n1", Nothing);
    EXPECT_THROW(host.Restart(), RuntimeError);
    host.Crash();
    host.Crash();
    host.Restart();
    EXPECT_THROW(host.Restart(), RuntimeError);
    sim.Run(Nothing);
  });
}

// ---- Its sockets

// Serves one client until it closes its end.
Coro<> Echo(Stream stream) {
  std::array<char, 256> buffer;
  while (const std::size_t n = co_await stream.Read(buffer)) {
    co_await stream.WriteAll(std::span(buffer).first(n));
  }
}

Coro<> EchoServer() {
  Server server = co_await StartServer(Echo, "", 80);
  co_await server.ServeForever();
}

Coro<std::string> Ask(Stream* stream) {
  co_await stream->WriteAll(std::string_view("hello\n"));
  co_return co_await stream->ReadUntil('\n');
}

// What became of a question: the answer, or how it failed.
Coro<std::string> Try(Stream* stream, Nanoseconds timeout) {
  std::string result;
  try {
    result = co_await WaitFor(Ask(stream), timeout);
  } catch (const TimeoutError&) {
    result = "silence";
  } catch (const std::system_error& error) {
    result =
        error.code() == std::errc::connection_reset ? "reset" : error.what();
  }
  co_return result;
}

TEST(HostTest, TheSocketsOfACrashedHostFallSilentAndAreResetAfterRestart) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    Host& host = sim.AddHost("n1", EchoServer);
    sim.Run([&]() -> Coro<> {
      co_await Sleep(1s);
      Stream stream = co_await OpenConnection("n1", 80);
      sim.Output(co_await Try(&stream, 1s));
      host.Crash();
      sim.Output(co_await Try(&stream, 1s));  // No FIN, no reset.
      host.Restart();
      co_await Sleep(1s);
      sim.Output(co_await Try(&stream, 1min));
      Stream fresh = co_await OpenConnection("n1", 80);
      sim.Output(co_await Try(&fresh, 1s));
    });
  });
  EXPECT_THAT(run.outputs(),
              ElementsAre("hello\n", "silence", "reset", "hello\n"));
}

TEST(HostTest, NobodyConnectsToACrashedHost) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    sim.AddHost("n1", EchoServer).Crash();
    sim.Run([&]() -> Coro<> {
      try {
        co_await WaitFor(OpenConnection("n1", 80), 10s);
        sim.Output("connected");
      } catch (const TimeoutError&) {
        sim.Output("silence");
      }
    });
  });
  EXPECT_THAT(run.outputs(), ElementsAre("silence"));
}

TEST(HostTest, APartitionSilencesAndHealingDelivers) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    sim.AddHost("n1", EchoServer);
    sim.AddHost("n2", EchoServer);
    sim.Run([&]() -> Coro<> {
      co_await Sleep(1s);
      Stream one = co_await OpenConnection("n1", 80);
      Stream two = co_await OpenConnection("n2", 80);
      sim.Partition("n1");
      sim.Output(co_await Try(&one, 1s));
      sim.Output(co_await Try(&two, 1s));
      sim.Heal("n1");
      // What was sent before arrives first.
      sim.Output(co_await one.ReadUntil('\n'));
      sim.Output(co_await Try(&one, 1s));
    });
  });
  EXPECT_THAT(run.outputs(),
              ElementsAre("silence", "hello\n", "hello\n", "hello\n"));
}

// A peer that is gone for good: the connection is given up, and the run goes
// on to its end instead of repeating segments for ever.
TEST(HostTest, AConnectionToAHostThatIsGoneForGoodIsGivenUp) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    Host& host = sim.AddHost("n1", EchoServer);
    sim.Run([&]() -> Coro<> {
      co_await Sleep(1s);
      Stream stream = co_await OpenConnection("n1", 80);
      host.Crash();
      try {
        co_await Ask(&stream);
      } catch (const std::system_error& error) {
        sim.Output(error.code() == std::errc::timed_out ? "timed out"
                                                        : error.what());
      }
    });
  });
  EXPECT_THAT(run.outputs(), ElementsAre("timed out"));
}

// ---- Restart

TEST(HostTest, ARestartRunsMainAgainOnANewLoopWithItsOwnNumbers) {
  RunTwice([](Simulation& sim) {
    std::vector<std::uint64_t> numbers;
    Host& host = sim.AddHost("n1", [&]() -> Coro<> {
      numbers.push_back(RunningLoop().seams().random->Next());
      co_await Sleep(1h);
    });
    sim.Run([&]() -> Coro<> {
      co_await Sleep(1s);
      EXPECT_EQ(host.boot(), 0);
      host.Crash();
      host.Restart();
      EXPECT_EQ(host.boot(), 1);
      EXPECT_TRUE(host.up());
      co_await Sleep(1s);
      EXPECT_EQ(numbers.size(), 2u);
      EXPECT_NE(numbers[0], numbers[1]);
    });
  });
}

TEST(HostTest, TheFailureOfARestartedMainCounts) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    Host& host = sim.AddHost("n1", [&]() -> Coro<> {
      if (sim.host("n1").boot() == 1) throw ValueError("second boot");
      co_await Sleep(1h);
    });
    sim.Run([&]() -> Coro<> {
      co_await Sleep(1s);
      host.Crash();
      host.Restart();
      co_await Sleep(1s);
    });
  });
  EXPECT_EQ(run.outcome.message, "rondo::ValueError: second boot");
}

// Under ASan also: leaks nothing, reads nothing that is freed.
TEST(HostTest, AThousandCrashesAndRestartsLeakNothing) {
  static int alive = 0;
  struct Counted {
    Counted() { ++alive; }
    Counted(const Counted&) = delete;
    ~Counted() { --alive; }
  };
  alive = 0;
  const Scenario scenario = [](Simulation& sim) {
    Host& host = sim.AddHost("n1", [&]() -> Coro<> {
      const Counted counted;
      CreateTask([]() -> Coro<> {
        const Counted inner;
        co_await Sleep(1h);
      });
      co_await EchoServer();
    });
    sim.Run([&]() -> Coro<> {
      for (int i = 0; i < 1000; ++i) {
        co_await Sleep(10ms);
        EXPECT_EQ(alive, 2);
        Stream stream = co_await OpenConnection("n1", 80);
        // In the middle of a conversation, at another point each time.
        co_await stream.WriteAll(std::string_view("hello\n"));
        co_await Sleep(i * 5us);
        host.Crash();
        EXPECT_EQ(alive, 0);
        host.Restart();
      }
      EXPECT_EQ(host.boot(), 1000);
    });
  };
  EXPECT_TRUE(Execute(scenario, {}).passed());
  EXPECT_EQ(alive, 0);
}

// ---- The same in one process as in many

TEST(HostTest, AThousandRunsInOneProcessAreOneRun) {
  const Scenario scenario = [](Simulation& sim) {
    for (const char* name : {"n1", "n2"}) sim.AddHost(name, EchoServer);
    sim.Run([&]() -> Coro<> {
      co_await Sleep(10ms);
      for (const char* name : {"n1", "n2"}) {
        Stream stream = co_await OpenConnection(name, 80);
        sim.Output(co_await Try(&stream, 1s));
      }
      sim.host("n1").Crash();
      sim.host("n1").Restart();
      co_await Sleep(10ms);
      Stream stream = co_await OpenConnection("n1", 80);
      sim.Output(co_await Try(&stream, 1s));
    });
  };
  const RecordedRun first = RunTwice(scenario);
  EXPECT_TRUE(first.outcome.passed()) << first.outcome.message;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(Execute(scenario, {}).digest, first.outcome.digest)
        << "run " << i << " of this process: state has leaked";
  }
  EXPECT_EQ(first.text, RecordRun(scenario).text);
}

}  // namespace
}  // namespace rondo
