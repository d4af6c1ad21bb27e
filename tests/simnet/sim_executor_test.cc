#include "rondo/simnet/sim_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/run_coroutine_threadsafe.h"
#include "rondo/runtime/run_in_executor.h"
#include "rondo/runtime/sleep.h"
#include "rondo/simnet/explore.h"
#include "rondo/simnet/simulate.h"
#include "rondo/simnet/simulation.h"
#include "rondo/simnet/testing.h"
#include "rondo/tests/simnet/dull_decisions.h"
#include "rondo/tests/support/run_twice.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;

// ---- Alone.

class Watcher final : public JobObserver {
 public:
  void OnEnter() override {}
  void OnLeave() override {}
  void OnJob(std::string_view event, Identity, std::string_view) override {
    events.emplace_back(event);
  }
  void OnDrawStream(Identity, std::string_view path) override {
    draws.emplace_back(path);
  }

  std::vector<std::string> events;
  std::vector<std::string> draws;
};

class SimExecutorTest : public testing::Test {
 protected:
  // Jobs that take 1 s each, two at once.
  static constexpr SimExecutorOptions kTwo = {
      .workers = 2, .latency_min = 1s, .latency_max = 1s};

  void RunAll() {
    while (SimEvent* const event = queue_.PopEarliest()) {
      time_.AdvanceTo(event->time);
      event->Happen();
    }
  }
  // Logs `name` and the time at which it is called; in `ends`, when it ended.
  ConcurrentFuture<> Log(const std::string& name) {
    ConcurrentFuture<> job = rondo::Submit(executor_, [this, name] {
      begun_.push_back(name + " at " + std::to_string(time_.now() / 1s));
    });
    job.AddDoneCallback([this, name] {
      ended_.push_back(name + " at " + std::to_string(time_.now() / 1s));
    });
    return job;
  }

  EventQueue queue_;
  VirtualTime time_;
  VirtualClock clock_{time_};
  DullDecisions decisions_;
  Watcher watcher_;
  SimExecutor executor_{queue_,   clock_,       decisions_,
                        watcher_, {1, 2, "n1"}, kTwo};
  std::vector<std::string> begun_;
  std::vector<std::string> ended_;
};

TEST_F(SimExecutorTest, SoManyJobsAtOnceAsThereAreWorkersInOrder) {
  for (const char* name : {"a", "b", "c", "d", "e"}) Log(name);
  EXPECT_THAT(begun_, IsEmpty()) << "not in the step that submits it";
  RunAll();
  EXPECT_THAT(begun_,
              ElementsAre("a at 0", "b at 0", "c at 1", "d at 1", "e at 2"));
  EXPECT_THAT(ended_,
              ElementsAre("a at 1", "b at 1", "c at 2", "d at 2", "e at 3"));
  EXPECT_EQ(executor_.size(), 0u);
  EXPECT_THAT(watcher_.draws, IsEmpty()) << "there is nothing to draw";
}

TEST_F(SimExecutorTest, ACancelledJobIsSkippedWhenItsTurnComes) {
  Log("a");
  Log("b");
  ConcurrentFuture<> c = Log("c");
  Log("d");
  EXPECT_TRUE(c.Cancel());
  RunAll();
  EXPECT_THAT(begun_, ElementsAre("a at 0", "b at 0", "d at 1"));
  EXPECT_THAT(ended_, ElementsAre("c at 0", "a at 1", "b at 1", "d at 2"));
}

TEST_F(SimExecutorTest, ShutdownTellsWhenTheLastJobHasEnded) {
  Log("a");
  executor_.Shutdown([this] { ended_.emplace_back("shut down"); });
  EXPECT_THROW(Log("b"), RuntimeError);
  RunAll();
  EXPECT_THAT(ended_, ElementsAre("a at 1", "shut down"));
  executor_.Shutdown([this] { ended_.emplace_back("again"); });
  EXPECT_THAT(ended_, ElementsAre("a at 1", "shut down", "again"));
}

TEST_F(SimExecutorTest, WhenItGoesInertItsJobsAreGone) {
  auto held = std::make_shared<int>(0);
  rondo::Submit(executor_, [held] { return held; });
  rondo::Submit(executor_, [held] { return held; });
  rondo::Submit(executor_, [held] { return held; });
  queue_.PopEarliest()->Happen();  // The first has begun.
  executor_.GoInert();
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_TRUE(queue_.empty());
  rondo::Submit(executor_, [held] { return held; });
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_TRUE(queue_.empty());
}

TEST_F(SimExecutorTest, WithoutWorkersItIsRefused) {
  EXPECT_THROW(SimExecutor(queue_, clock_, decisions_, watcher_, {1, 2, "n1"},
                           {.workers = 0}),
               ValueError);
}

// ---- On a simulated host.

TEST(SimulatedJobsTest, AJobTakesItsLatencyOfVirtualTime) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    sim.Run([&]() -> Coro<> {
      std::set<Nanoseconds> times;
      for (int i = 0; i < 20; ++i) {
        const Nanoseconds start = sim.time();
        Future<int> job = RunInExecutor([&sim, start, i] {
          EXPECT_EQ(sim.time(), start);
          EXPECT_EQ(internal::running_core, nullptr);
          return i;
        });
        EXPECT_EQ(co_await job, i);
        times.insert(sim.time() - start);
      }
      EXPECT_THAT(times, testing::Each(AllOf(Ge(50us), Le(5ms))));
      EXPECT_GT(times.size(), 10u) << "they differ";
    });
  });
  EXPECT_TRUE(run.outcome.passed()) << run.outcome.message;
}

// Jobs of two hosts whose order shows.
void TwoHosts(Simulation& sim) {
  const auto work = [&sim]() -> Coro<> {
    const std::string host = sim.current_host()->name();
    for (int i = 0; i < 3; ++i) {
      Future<std::string> job = RunInExecutor([&sim, i] {
        return sim.current_host()->name() + " " + std::to_string(i);
      });
      sim.Output(co_await job);
    }
  };
  sim.AddHost("n1", work);
  sim.AddHost("n2", work);
  sim.Run([]() -> Coro<> { co_await Sleep(1s); });
}

TEST(SimulatedJobsTest, EveryHostHasAnExecutorOfItsOwn) {
  const RecordedRun run = RunTwice(TwoHosts);
  EXPECT_THAT(run.outputs(), Contains("n1 2"));
  EXPECT_THAT(run.outputs(), Contains("n2 2"));
  EXPECT_EQ(run.outputs().size(), 6u);
}

TEST(SimulatedJobsTest, WatchingChangesNothing) {
  const auto jobs = []() -> Coro<Nanoseconds> {
    for (int i = 0; i < 10; ++i) co_await ToThread([] {});
    co_return RunningLoop().time();
  };
  const Nanoseconds unwatched = Simulate(jobs);
  Nanoseconds watched{0};
  RunTwice([&](Simulation& sim) {
    sim.Run([&]() -> Coro<> { watched = co_await jobs(); });
  });
  EXPECT_EQ(watched, unwatched);
}

TEST(SimulatedJobsTest, TheTraceTellsOfThem) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    sim.Run([]() -> Coro<> { co_await ToThread([] {}); });
  });
  std::vector<std::string> told;
  for (const Record& record : run.trace.records) {
    if (const auto* const res = std::get_if<ResRecord>(&record)) {
      told.push_back(res->kind + " " + res->name);
    } else if (const auto* const ev = std::get_if<EvRecord>(&record)) {
      told.push_back(ev->event);
    } else if (const auto* const it = std::get_if<ItRecord>(&record)) {
      for (const Arrival& x : it->arrivals) {
        told.push_back("arrived " + x.source + " " + std::to_string(x.count));
      }
    }
  }
  EXPECT_THAT(told,
              ElementsAre("job main/job", "job", "done", "arrived executor 1"));
}

TEST(SimulatedJobsTest, AJobCannotWaitForItsLoop) {
  RunTwice([](Simulation& sim) {
    sim.Run([]() -> Coro<> {
      const auto ask = [](const RemoteLoop& remote) {
        RunCoroutineThreadsafe(remote, []() -> Coro<> { co_return; }).result();
      };
      Future<> job = RunInExecutor(ask, RunningLoop().remote());
      EXPECT_THROW(co_await job, RuntimeError);
    });
  });
}

TEST(SimulatedJobsTest, TheExecutorIsShutDownWhenItsLastJobHasEnded) {
  RunTwice([](Simulation& sim) {
    sim.Run([]() -> Coro<> {
      const Future<> job = RunInExecutor([] {});
      co_await ShutdownDefaultExecutor();
      EXPECT_TRUE(job.done());
      EXPECT_THROW(RunInExecutor([] {}), RuntimeError);
    });
  });
}

// ---- Crashes.

TEST(SimulatedJobsTest, ACrashDropsTheJobsOfTheHost) {
  SimulationOptions options;
  options.executor = {.workers = 1, .latency_min = 1s, .latency_max = 1s};
  const RecordedRun run = RunTwice(
      [](Simulation& sim) {
        auto held = std::make_shared<int>(0);
        Host& host = sim.AddHost("n1", [&, held]() -> Coro<> {
          if (sim.host("n1").boot() == 1) {
            co_await ToThread([&sim] { sim.Output("after the restart"); });
            co_return;
          }
          const Future<> first =
              RunInExecutor([&sim, held] { sim.Output("begun"); });
          const Future<> second =
              RunInExecutor([&sim, held] { sim.Output("never"); });
          co_await first;
          sim.Output("unreached");
        });
        sim.Run([&]() -> Coro<> {
          co_await Sleep(500ms);
          EXPECT_EQ(host.executor().size(), 2u);
          const auto uses = held.use_count();
          host.Crash();
          EXPECT_LT(held.use_count(), uses);
          EXPECT_EQ(host.executor().size(), 0u);
          co_await Sleep(5s);
          host.Restart();
          co_await Sleep(5s);
        });
      },
      {.simulation = options});
  EXPECT_THAT(run.outputs(), ElementsAre("begun", "after the restart"));
}

TEST(SimulatedJobsTest, AJobThatCrashesItsHostEndsFirst) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    sim.AddHost("n1", [&]() -> Coro<> {
      co_await ToThread([&sim] {
        sim.current_host()->Crash();
        sim.Output(sim.host("n1").up() ? "up" : "down");
      });
    });
    sim.Run([&]() -> Coro<> {
      co_await Sleep(1s);
      EXPECT_FALSE(sim.host("n1").up());
    });
  });
  EXPECT_THAT(run.outputs(), ElementsAre("up"));
}

// ---- Exploring.

void CancelAtOnce(Simulation& sim) {
  sim.Run([&]() -> Coro<> {
    bool begun = false;
    Future<> job = RunInExecutor([&begun] { begun = true; });
    co_await Sleep(0s);
    job.Cancel();
    co_await Sleep(1s);
    if (!begun) sim.Fail("never begun");
  });
}

TEST(SimulatedJobsTest, AnExplorerFindsAJobThatBeginsLate) {
  ExecuteOptions options;
  EXPECT_TRUE(Execute(CancelAtOnce, options).passed());
  EXPECT_THAT(Explore(CancelAtOnce, {.schedules = 1'000}),
              Failed("fail: never begun"));
}

void FirstComesFirst(Simulation& sim) {
  sim.Run([&]() -> Coro<> {
    std::vector<int> ended;
    const auto job = [&ended](int n) -> Coro<> {
      co_await ToThread([] {});
      ended.push_back(n);
    };
    co_await Gather(job(1), job(2));
    if (ended[0] == 2) sim.Fail("overtaken");
  });
}

TEST(SimulatedJobsTest, AnExplorerLetsJobsOvertake) {
  SimulationOptions equal;
  equal.executor = {.latency_min = 1ms, .latency_max = 1ms};
  EXPECT_TRUE(Execute(FirstComesFirst, {.simulation = equal}).passed());
  EXPECT_THAT(
      Explore(FirstComesFirst, {.schedules = 1'000}, {.simulation = equal}),
      Failed("fail: overtaken"));
}

// ---- What comes from outside a host's loop wakes it.

TEST(SimulatedJobsTest, AnotherHostsCallWakesALoopThatHasNothingToDo) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    Future<> called;
    Host& host = sim.AddHost("n1", [&]() -> Coro<> {
      called = CreateFuture();
      co_await called;
      sim.Output("woken at " + std::to_string(sim.time().count()));
    });
    sim.Run([&]() -> Coro<> {
      co_await Sleep(1ms);
      host.loop().CallSoonThreadsafe([&] { called.SetResult(); });
      co_await Sleep(1s);
    });
  });
  EXPECT_THAT(run.outputs(), ElementsAre("woken at 1000000"));
}

}  // namespace
}  // namespace rondo
