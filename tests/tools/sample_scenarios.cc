// Scenarios for scenario_program_test.cc: clean ones, one with a race, one for
// each way to end, and one for each way to depend on something that is no part
// of a run.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/simnet/scenario_registry.h"

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

Coro<> Ping(Simulation* sim, std::string node) {
  Stream stream = co_await OpenConnection(node, 80);
  for (int i = 0; i < 3; ++i) {
    const std::string line = node + " " + std::to_string(i) + "\n";
    co_await stream.WriteAll(line);
    sim->Output(co_await stream.ReadUntil('\n'));
  }
}

RONDO_SCENARIO(CleanSockets) {
  for (const char* node : {"n1", "n2"}) sim.AddHost(node, EchoNode);
  sim.Run([&]() -> Coro<> {
    co_await Sleep(20ms);
    Task<> one = CreateTask(Ping(&sim, "n1"));
    Task<> two = CreateTask(Ping(&sim, "n2"));
    co_await Gather(one, two);
  });
}

RONDO_SCENARIO(CleanTimers) {
  sim.Run([&]() -> Coro<> {
    for (int i = 0; i < 5; ++i) {
      RunningLoop().CallLater(i * 3ms, [&sim] { sim.Output("tick"); });
      co_await Sleep(5ms);
      sim.Output(std::to_string(RunningLoop().seams().random->Below(1000)));
    }
  });
}

// ---- A race: two clients read, add one, and write back. In FIFO order the
// first is done long before the second begins.

Coro<> ServeNumber(Stream stream, int* number) {
  for (;;) {
    const std::string line = co_await stream.ReadUntil('\n');
    if (line == "end\n") co_return;
    if (line != "get\n") *number = std::stoi(line);
    const std::string reply = std::to_string(*number) + "\n";
    co_await stream.WriteAll(reply);
  }
}

Coro<> NumberNode(int* number) {
  Server server = co_await StartServer(
      [number](Stream stream) {
        return ServeNumber(std::move(stream), number);
      },
      "", 80);
  co_await server.ServeForever();
}

Coro<> AddOne(Nanoseconds start) {
  co_await Sleep(start);
  Stream stream = co_await OpenConnection("store", 80);
  co_await stream.WriteAll(std::string_view("get\n"));
  const std::string old = co_await stream.ReadUntil('\n');
  const std::string line = std::to_string(std::stoi(old) + 1) + "\n";
  co_await stream.WriteAll(line);
  co_await stream.ReadUntil('\n');
  co_await stream.WriteAll(std::string_view("end\n"));
}

RONDO_SCENARIO(LostUpdate) {
  int number = 0;
  sim.AddHost("store", [&] { return NumberNode(&number); });
  sim.AddHost("a", [] { return AddOne(10ms); });
  sim.AddHost("b", [] { return AddOne(16ms); });
  sim.Run([&]() -> Coro<> {
    co_await Sleep(1s);
    if (number != 2) {
      sim.Fail("lost update", "the number is " + std::to_string(number));
    }
  });
}

// ---- Ways to end

RONDO_SCENARIO(AlwaysFails) {
  sim.Run([&]() -> Coro<> {
    co_await Sleep(1s);
    sim.Fail("always");
  });
}

RONDO_SCENARIO(Throws) {
  sim.Run([]() -> Coro<> {
    co_await Sleep(1s);
    throw std::out_of_range("nothing there");
  });
}

RONDO_SCENARIO(Deadlocks) {
  sim.Run([]() -> Coro<> { co_await RunningLoop().CreateFuture(); });
}

// ---- Leaks: what `check` must find

// Puts a number out from the body.
void PutOut(Simulation& sim, std::uint64_t number) {
  sim.Run([&]() -> Coro<> {
    co_await Sleep(1ms);
    sim.Output(std::to_string(number));
  });
}

struct Session {
  int number;
  std::array<char, 40> name;
};

RONDO_SCENARIO(LeaksPointerOrder) {
  sim.Run([&]() -> Coro<> {
    std::vector<std::unique_ptr<Session>> owned;
    // The leak that is to be found.
    std::set<Session*> sessions;
    for (int i = 0; i < 4; ++i) {
      owned.push_back(std::make_unique<Session>());
      owned.back()->number = i;
      sessions.insert(owned.back().get());
    }
    for (const Session* session : sessions) {
      sim.Output(std::to_string(session->number));
      co_await Sleep(1ms);
    }
  });
}

RONDO_SCENARIO(LeaksHashOrder) {
  sim.Run([&]() -> Coro<> {
    // The leak that is to be found.
    absl::flat_hash_map<int, int> sessions;
    for (int i = 0; i < 20; ++i) sessions[i] = i;
    for (const auto& [key, value] : sessions) {
      sim.Output(std::to_string(key));
      co_await Sleep(1ms);
    }
  });
}

RONDO_SCENARIO(LeaksUninitialisedMemory) {
  // Volatile, or compilers make of it what they like.
  const std::unique_ptr<volatile std::uint64_t[]> memory(
      new volatile std::uint64_t[32]);
  PutOut(sim, memory[17]);
}

RONDO_SCENARIO(LeaksWallClock) {
  // tidy: allow(clock) The leak that is to be found.
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  PutOut(sim, static_cast<std::uint64_t>(now.count()));
}

RONDO_SCENARIO(LeaksRandomDevice) {
  // tidy: allow(random) The leak that is to be found.
  std::random_device device;
  PutOut(sim, device());
}

}  // namespace
}  // namespace rondo
