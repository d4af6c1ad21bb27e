#include "rondo/tests/simnet/golden_scenarios.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>
#include <system_error>

#include "rondo/replay/make_strategy.h"
#include "rondo/replay/rerun.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/tests/support/busy_hosts.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;

Coro<> Echo(Stream stream) {
  std::array<char, 256> buffer;
  while (const std::size_t n = co_await stream.Read(buffer)) {
    co_await stream.WriteAll(std::span(buffer).first(n));
  }
}

Coro<> EchoNode() {
  Server server = co_await StartServer(Echo, "", 80);
  co_await server.ServeForever();
}

Coro<int> StoreOn(std::string node, std::string value) {
  Stream stream = co_await OpenConnection(node, 80);
  const std::string line = value + "\n";
  co_await stream.WriteAll(line);
  const std::string echoed = co_await stream.ReadUntil('\n');
  co_return echoed == line ? 1 : 0;
}

Coro<> StoreOnAll(Simulation* sim, std::string value) {
  int acknowledged = 0;
  for (const char* node : {"n1", "n2", "n3"}) {
    try {
      acknowledged += co_await WaitFor(StoreOn(node, value), 1s);
    } catch (const TimeoutError&) {
      sim->Output(std::string(node) + " is silent");
    }
  }
  sim->Output(value + " is on " + std::to_string(acknowledged));
}

void Partition(Simulation& sim) {
  for (const char* node : {"n1", "n2", "n3"}) sim.AddHost(node, EchoNode);
  sim.Run([&]() -> Coro<> {
    co_await Sleep(10ms);
    co_await StoreOnAll(&sim, "x=1");
    sim.Partition("n3");
    co_await StoreOnAll(&sim, "x=2");
    sim.Heal("n3");
    co_await StoreOnAll(&sim, "x=3");
  });
}

void PingPong(Simulation& sim) {
  sim.AddHost("pong", EchoNode);
  sim.Run([&]() -> Coro<> {
    co_await Sleep(10ms);
    Stream stream = co_await OpenConnection("pong", 80);
    for (int i = 0; i < 5; ++i) {
      const std::string line = "ping " + std::to_string(i) + "\n";
      co_await stream.WriteAll(line);
      sim.Output(co_await stream.ReadUntil('\n'));
    }
    stream.WriteEof();
    std::array<char, 16> rest;
    const std::size_t n = co_await stream.Read(rest);
    sim.Mark("end of file", std::to_string(n));
  });
}

Coro<int> Later(Nanoseconds delay, int value) {
  co_await Sleep(delay);
  co_return value;
}

void Timers(Simulation& sim) {
  sim.Run([&]() -> Coro<> {
    RunningLoop().CallLater(3ms, [&] { sim.Output("tick"); }, "tick");
    TimerHandle never =
        RunningLoop().CallLater(4ms, [&] { sim.Output("never"); }, "never");
    Task<int> one = CreateTask(Later(5ms, 1), "one");
    Task<int> two = CreateTask(Later(2ms, 2));
    Task<int> slow = CreateTask(Later(1h, 3), "slow");
    never.Cancel();
    co_await Gather(one, two);
    try {
      co_await WaitFor(slow, 10ms);
    } catch (const TimeoutError&) {
      sim.Output(slow.cancelled() ? "slow was cancelled" : "slow goes on");
    }
    sim.Output(std::to_string(RunningLoop().seams().random->Below(1000)));
  });
}

void CrashAndRestart(Simulation& sim) {
  Host& node = sim.AddHost("node", EchoNode);
  sim.Run([&]() -> Coro<> {
    for (int boot = 0; boot < 3; ++boot) {
      co_await Sleep(10ms);
      sim.Output(std::to_string(co_await StoreOn("node", "x")));
      Stream stream = co_await OpenConnection("node", 80);
      node.Crash();
      co_await Sleep(1s);
      node.Restart();
      try {
        co_await stream.WriteAll(std::string_view("late\n"));
        co_await stream.ReadUntil('\n');
      } catch (const std::system_error& error) {
        sim.Output("error " + std::to_string(error.code().value()));
      }
    }
  });
}

// Its report names places, which the trace must not.
void Deadlock(Simulation& sim) {
  sim.AddHost("n1", EchoNode);
  sim.Run([]() -> Coro<> {
    Task<> worker = CreateTask(
        []() -> Coro<> { co_await RunningLoop().CreateFuture(); }, "worker");
    co_await worker;
  });
}

}  // namespace

std::vector<GoldenScenario> GoldenScenarios() {
  return {{"crash_and_restart", CrashAndRestart, 0},
          {"deadlock", Deadlock, 0},
          {"partition", Partition, 0},
          {"ping_pong", PingPong, 0},
          {"random_walk", BusyHosts, 3},
          {"timers", Timers, 0}};
}

RunOutcome RunGolden(const GoldenScenario& golden, TraceSink* sink) {
  ExecuteOptions options;
  options.simulation.seed = golden.seed;
  options.name = golden.name;
  options.sink = sink;
  options.level = kTraceEverything;
  if (golden.walk == 0) return Execute(golden.scenario, options);
  const auto strategy = MakeStrategy("random_walk");
  Scheduler scheduler(strategy->get(), LegalityMode::kContract);
  scheduler.Begin(MakePlan(golden.seed, golden.walk, RunProfile(), 0));
  RunOutcome outcome = Execute(golden.scenario, options, scheduler);
  scheduler.End(outcome);
  return outcome;
}

}  // namespace rondo
