#include "rondo/simnet/sim_ports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "rondo/replay/diff.h"
#include "rondo/replay/port_inputs.h"
#include "rondo/replay/recorder.h"
#include "rondo/replay/trace_file.h"
#include "rondo/replay/verify.h"
#include "rondo/runtime/epoll_selector.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/ingress.h"
#include "rondo/runtime/run_in_executor.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/system_clock.h"
#include "rondo/simnet/explore.h"
#include "rondo/simnet/simulation.h"
#include "rondo/simnet/testing.h"
#include "rondo/tests/support/run_twice.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Puts out what comes in, and when.
Coro<> PutOut(Simulation* sim, std::string name) {
  Ingress<std::string> port(name);
  for (;;) {
    const std::string value = co_await port.Receive();
    sim->Output(value + " at " + std::to_string(sim->time() / 1ms));
  }
}

TEST(SimPortsTest, ValuesArriveAtTheirTimesInTheirOrder) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    Host& host = sim.AddHost("n1", [&sim] { return PutOut(&sim, "lines"); });
    sim.Run([&]() -> Coro<> {
      co_await Sleep(1ms);
      host.Inject<std::string>("lines", "late", 20ms);
      host.Inject<std::string>("lines", "not before", 10ms);
      host.Inject<std::string>("other", "lost", 5ms);
      co_await Sleep(1s);
      host.Inject<std::string>("lines", "now");
      co_await Sleep(1ms);
    });
  });
  EXPECT_THAT(run.outputs(),
              ElementsAre("late at 21", "not before at 21", "now at 1001"));
}

TEST(SimPortsTest, EveryValueIsRecordedAsAnInput) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    Host& host = sim.AddHost("n1", [&sim] { return PutOut(&sim, "lines"); });
    sim.Run([&]() -> Coro<> {
      host.Inject<std::string>("lines", "a", 1ms);
      host.Inject<std::string>("lines", "b", 2ms);
      co_await Sleep(3ms);
    });
  });
  EXPECT_THAT(
      PortInputsOf(run.trace, "n1"),
      ElementsAre(PortInput{"lines", "a", 1ms}, PortInput{"lines", "b", 2ms}));
  EXPECT_THAT(PortInputsOf(run.trace, "main"), IsEmpty());
  EXPECT_THAT(PortInputsOf(run.trace, "n1", 1), IsEmpty());
  EXPECT_THAT(run.text, HasSubstr(R"("kind":"port","v":"lines"})"));
  EXPECT_THAT(run.text, HasSubstr(R"("op":"port")"));
  EXPECT_THAT(run.text, HasSubstr(R"("x":[["port",1]])"));
}

TEST(SimPortsTest, WhoeverWritesTheTraceTheDigestIsTheSame) {
  const auto scenario = [](Simulation& sim) {
    Host& host = sim.AddHost("n1", [&sim] { return PutOut(&sim, "lines"); });
    sim.Run([&]() -> Coro<> {
      host.Inject<std::string>("lines", "a", 1ms);
      co_await ToThread([] {});
      host.loop().CallSoonThreadsafe([] {});
      co_await Sleep(3ms);
    });
  };
  EXPECT_EQ(Execute(scenario, {}).digest, RecordRun(scenario).outcome.digest);
}

TEST(SimPortsTest, ACrashLosesWhatIsOnItsWay) {
  const RecordedRun run = RunTwice([](Simulation& sim) {
    Host& host = sim.AddHost("n1", [&sim] { return PutOut(&sim, "lines"); });
    sim.Run([&]() -> Coro<> {
      co_await Sleep(1ms);
      host.Inject<std::string>("lines", "lost", 10ms);
      host.Crash();
      EXPECT_THROW(host.Inject<int>("lines", 1), RuntimeError);
      host.Restart();
      host.Inject<std::string>("lines", "after", 20ms);
      co_await Sleep(1s);
    });
  });
  EXPECT_THAT(run.outputs(), ElementsAre("after at 21"));
  EXPECT_THAT(PortInputsOf(run.trace, "n1", 1),
              ElementsAre(PortInput{"lines", "after", 21ms}));
}

TEST(SimPortsTest, BytesThatAreNoValueFailTheRun) {
  const RunOutcome outcome = Execute(
      [](Simulation& sim) {
        Host& host = sim.AddHost("n1", []() -> Coro<> {
          Ingress<int> port("numbers");
          co_await port.Receive();
        });
        sim.Run([&]() -> Coro<> {
          host.InjectBytes("numbers", "too long", 1ms);
          co_await Sleep(1s);
        });
      },
      {});
  EXPECT_EQ(outcome.kind, RunKind::kException);
  EXPECT_THAT(outcome.message, HasSubstr("8 bytes"));
}

// A value that the receiver takes for the last one, unless it is late.
void Impatient(Simulation& sim) {
  sim.Run([&]() -> Coro<> {
    Ingress<int> port("numbers");
    sim.current_host()->Inject("numbers", 1, 1ms);
    co_await Sleep(2ms);
    if (!port.TryReceive().has_value()) sim.Fail("late");
  });
}

TEST(SimPortsTest, AnExplorerLetsAValueBeLate) {
  EXPECT_TRUE(Execute(Impatient, {}).passed());
  EXPECT_THAT(Explore(Impatient, {.schedules = 1'000}), Failed("fail: late"));
}

// ---- From a real thread to a simulated one.

// The program: adds up what comes in, until a zero.
Coro<std::string> AddUp(Ingress<int>* port) {
  std::string sums;
  int sum = 0;
  while (const int n = co_await port->Receive()) {
    sum += n;
    sums += std::to_string(sum) + " ";
  }
  co_return sums;
}

// Runs it on a real loop, with a thread that sends; records it.
std::string RecordLive(TraceTextWriter* writer) {
  Recorder recorder(writer, {.mode = TraceMode::kLive});
  recorder.Begin({});
  SystemClock clock;
  EpollSelector selector;
  EventLoop loop({.clock = &clock,
                  .selector = &selector,
                  .observer = &recorder.AddLoop("main", 0, nullptr)});
  const std::string sums = loop.RunUntilComplete([]() -> Coro<std::string> {
    Ingress<int> port("numbers");
    std::thread thread([sender = port.sender()] {
      for (const int n : {5, -7, 1 << 20, 3, 0}) sender.Send(n);
    });
    const std::string result = co_await AddUp(&port);
    thread.join();
    co_return result;
  }());
  recorder.End("exit", "", "");
  return sums;
}

TEST(SimPortsTest, ARecordingOfThreadsIsReplayedWithoutThem) {
  TraceTextWriter writer;
  const std::string live = RecordLive(&writer);
  EXPECT_EQ(live, "5 -2 1048574 1048577 ");
  const absl::StatusOr<Trace> trace = ReadTraceText("live", writer.text());
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_THAT(Verify(*trace), IsEmpty());
  const RecordedRun run = RunTwice([&trace](Simulation& sim) {
    sim.Run([&]() -> Coro<> {
      const std::vector<PortInput> inputs = PortInputsOf(*trace, "main");
      for (const PortInput& input : inputs) {
        sim.current_host()->InjectBytes(input.port, input.payload,
                                        input.time - inputs.front().time + 1ms);
      }
      Ingress<int> port("numbers");
      sim.Output(co_await AddUp(&port));
    });
  });
  EXPECT_THAT(run.outputs(), ElementsAre(live));
}

// The same program with other input: a difference of the class input.
TEST(SimPortsTest, AnotherValueIsADifferenceOfInput) {
  const auto scenario = [](int value) {
    return [value](Simulation& sim) {
      sim.Run([&sim, value]() -> Coro<> {
        Ingress<int> port("numbers");
        sim.current_host()->Inject("numbers", value, 1ms);
        sim.Output(std::to_string(co_await port.Receive()));
      });
    };
  };
  const TraceDiff diff =
      Diff(RecordRun(scenario(1)).trace, RecordRun(scenario(2)).trace);
  EXPECT_EQ(diff.diff_class, DiffClass::kInput);
}

}  // namespace
}  // namespace rondo
