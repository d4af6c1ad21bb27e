// A program for a debugger to stop: three tasks wait, each for something else,
// when a callback calls StopHere. With the argument "crash" it then aborts.
#include <chrono>
#include <cstdlib>
#include <string_view>

#include "rondo/runtime/event.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"

namespace rondo {

bool crash = false;

extern "C" [[gnu::noinline]] void StopHere() {
  if (crash) std::abort();
}

Coro<> WaitForEvent(Event* event) { co_await event->Wait(); }
Coro<> Outer(Event* event) { co_await WaitForEvent(event); }

Coro<> Follow(Task<> task) { co_await task; }

Coro<> Main() {
  Event event;
  const Task<> reader = CreateTask(Outer(&event), "reader");
  const Task<> writer = CreateTask(Follow(reader));
  RunningLoop().CallLater(std::chrono::milliseconds(1), [&event] {
    StopHere();
    event.Set();
  });
  co_await Gather(reader, writer);
}

}  // namespace rondo

int main(int argc, char** argv) {
  rondo::crash = argc > 1 && std::string_view(argv[1]) == "crash";
  rondo::Run(rondo::Main());
}
