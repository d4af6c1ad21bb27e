#include <chrono>
#include <iostream>

#include "rondo/runtime/run.h"
#include "rondo/runtime/sleep.h"
#include "rondo/simnet/simulate.h"

using namespace std::chrono_literals;

// [begin]
rondo::Coro<> Greet(rondo::Nanoseconds pause) {
  std::cout << "hello\n";
  co_await rondo::Sleep(pause);
  std::cout << "world\n";
}

int main() {
  rondo::Simulate(Greet(24h));  // Virtual time: both lines, at once.
  rondo::Run(Greet(100ms));     // Real time: the second line when it is due.
}
// [end]
