#include "rondo/tests/support/busy_hosts.h"

#include <array>
#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "rondo/runtime/gather.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;

void PutNumberOut(Simulation& sim, const std::string& host) {
  sim.Output(host + " draws " +
             std::to_string(RunningLoop().seams().random->Next()));
}

Coro<> EchoAll(Stream stream) {
  std::array<char, 256> buffer;
  while (const std::size_t n = co_await stream.Read(buffer)) {
    co_await stream.WriteAll(std::span(buffer).first(n));
  }
}

Coro<> EchoNode(Simulation* sim, std::string name) {
  PutNumberOut(*sim, name);
  Server server = co_await StartServer(EchoAll, "", 80);
  co_await server.ServeForever();
}

Coro<> Talk(Simulation* sim, std::string node) {
  Stream stream = co_await OpenConnection(node, 80);
  for (int i = 0; i < 3; ++i) {
    const std::string line = node + std::to_string(i) + "\n";
    co_await stream.WriteAll(line);
    sim->Output(co_await stream.ReadUntil('\n'));
  }
}

// Two turns, a timer, a callback.
Coro<> Work(Simulation* sim, std::string name) {
  co_await Sleep(0s);
  RunningLoop().CallSoon([sim, name] { sim->Output(name + " called back"); },
                         "note");
  co_await Sleep(1ms);
  sim->Output(name + " worked");
}

Coro<> TaskNode(Simulation* sim) {
  PutNumberOut(*sim, "n3");
  RunningLoop().CallLater(2ms, [sim] { sim->Output("n3 tick"); }, "tick");
  Task<> a = CreateTask(Work(sim, "a"), "worker");
  Task<> b = CreateTask(Work(sim, "b"), "worker");
  Task<> c = CreateTask(Work(sim, "c"));
  co_await Gather(a, b, c);
}

Coro<> Body(Simulation* sim) {
  PutNumberOut(*sim, "main");
  co_await Sleep(20ms);
  Task<> one = CreateTask(Talk(sim, "n1"), "talk");
  Task<> two = CreateTask(Talk(sim, "n2"), "talk");
  co_await Gather(one, two);
  co_await Sleep(1s);
}

Coro<> Chatter(Simulation* sim, std::string node) {
  PutNumberOut(*sim, "chatter");
  co_await Sleep(20ms);
  co_await Talk(sim, node);
}

void AddThree(Simulation& sim) {
  for (const char* name : {"n1", "n2"}) {
    sim.AddHost(name, [&sim, name] { return EchoNode(&sim, name); });
  }
  sim.AddHost("n3", [&sim] { return TaskNode(&sim); });
}

}  // namespace

void BusyHosts(Simulation& sim) {
  AddThree(sim);
  sim.Run([&sim] { return Body(&sim); });
}

void BusyHostsAndMore(Simulation& sim) {
  sim.AddHost("n0", [&sim] { return EchoNode(&sim, "n0"); });
  AddThree(sim);
  sim.AddHost("n4", [&sim] { return Chatter(&sim, "n0"); });
  sim.Run([&sim] { return Body(&sim); });
}

}  // namespace rondo
