// A bug that shows only under some schedules.
#include <chrono>

#include "rondo/runtime/gather.h"
#include "rondo/runtime/sleep.h"
#include "rondo/simnet/scenario_registry.h"

using namespace std::chrono_literals;

// [begin]
rondo::Coro<> AddOne(int* counter, rondo::Nanoseconds after) {
  co_await rondo::Sleep(after);
  const int seen = *counter;
  co_await rondo::Yield();  // Any await: a query, a lock, a log line.
  *counter = seen + 1;
}

RONDO_SCENARIO(LostUpdate) {  // A function of rondo::Simulation& sim.
  sim.Run([&]() -> rondo::Coro<> {
    int counter = 0;
    co_await rondo::Gather(AddOne(&counter, 1ms), AddOne(&counter, 5ms));
    if (counter != 2) sim.Fail("lost update");
  });
}
// [end]
