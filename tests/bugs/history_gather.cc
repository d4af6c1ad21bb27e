// asyncio.gather and asyncio.shield, as they once were.
//
// GatherSwallowsCancellation: cancelled, gather(return_exceptions=True) cancels
// its children, and then returns their CancelledErrors as results.
// ShieldLeaksCallbacks: each time a wait through a shield is given up, a
// callback stays on what is shielded. That needs no race.
//
// Source: bpo-32684 (gh-76865); bpo-35125 (gh-79306).

#include <chrono>
#include <cstddef>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/shield.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/simnet/scenario_registry.h"

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

using Parts = std::vector<rondo::Task<int>>;
using Outcomes = std::vector<rondo::Outcome<int>>;
using GatherFunction = rondo::Coro<Outcomes> (*)(Parts);

rondo::Outcome<int> OutcomeOf(const rondo::Task<int>& part) {
  if (!part.cancelled()) return rondo::Outcome<int>(part.result());
  return rondo::Outcome<int>::Failed(
      std::make_exception_ptr(rondo::CancelledError()));
}

rondo::Coro<Outcomes> OldGather(Parts parts) {
  const rondo::Future<Outcomes> all = rondo::GatherOutcomes(parts);
  try {
    co_await all;
  } catch (const rondo::CancelledError&) {
    // The fault: that the children were cancelled is their outcome, no more.
    if (all.exception() == nullptr) throw;
  }
  Outcomes outcomes;
  for (const rondo::Task<int>& part : parts) {
    outcomes.push_back(OutcomeOf(part));
  }
  co_return outcomes;
}

rondo::Coro<Outcomes> OwnGather(Parts parts) {
  co_return co_await rondo::GatherOutcomes(std::move(parts));
}

rondo::Coro<int> Fetch() {
  co_await rondo::Sleep(20ms);
  co_return 1;
}

rondo::Coro<> ShowPage(GatherFunction gather) {
  Parts parts;
  for (const char* name : {"head", "body", "foot"}) {
    parts.push_back(rondo::CreateTask(Fetch(), name));
  }
  // A part that cannot be had is left out.
  const Outcomes outcomes = co_await gather(parts);
  co_await rondo::Sleep(20ms);
}

// The reader of a page goes away.
void LeaveAPage(rondo::Simulation& sim, GatherFunction gather) {
  sim.Run([&sim, gather]() -> rondo::Coro<> {
    rondo::Task<> page = rondo::CreateTask(ShowPage(gather), "page");
    co_await rondo::Sleep(24ms);
    const bool accepted = page.Cancel();
    co_await rondo::Sleep(10s);
    if (accepted && !page.cancelled()) {
      sim.Fail("swallowed cancellation",
               "Cancel() returned true, and the page was shown");
    }
  });
}

using ShieldFunction = rondo::Future<> (*)(rondo::Future<>);

rondo::Future<> OldShield(rondo::Future<> inner) {
  rondo::Future<> outer = rondo::CreateFuture();
  inner.AddDoneCallback(
      [outer]() mutable {
        if (!outer.cancelled()) outer.SetResult();
      },
      "shield");
  return outer;
}

rondo::Future<> OwnShield(rondo::Future<> inner) {
  return rondo::Shield(inner);
}

// Asks for a connection that is being made, time and again, but not for ever.
rondo::Coro<> AskForConnection(ShieldFunction shield,
                               rondo::Future<> connected) {
  for (int i = 0; i < 3; ++i) {
    try {
      co_await rondo::WaitFor(shield(connected), 5ms);
    } catch (const rondo::TimeoutError&) {
      // It does something else meanwhile.
    }
    co_await rondo::Sleep(10ms);
  }
}

void ConnectWhenNobodyWaits(rondo::Simulation& sim, ShieldFunction shield) {
  sim.Run([&sim, shield]() -> rondo::Coro<> {
    rondo::Future<> connected = rondo::CreateFuture();
    for (const char* name : {"a", "b"}) {
      rondo::CreateTask(AskForConnection(shield, connected), name);
    }
    co_await rondo::Sleep(10s);  // They have given up.
    const std::size_t before = rondo::RunningLoop().ready_count();
    connected.SetResult();
    const std::size_t told = rondo::RunningLoop().ready_count() - before;
    if (told > 0) {
      sim.Fail("callbacks left", std::to_string(told) + " are called");
    }
  });
}

}  // namespace

RONDO_SCENARIO(GatherSwallowsCancellation) { LeaveAPage(sim, OldGather); }
RONDO_SCENARIO(RondoGather) { LeaveAPage(sim, OwnGather); }

RONDO_SCENARIO(ShieldLeaksCallbacks) { ConnectWhenNobodyWaits(sim, OldShield); }
RONDO_SCENARIO(RondoShield) { ConnectWhenNobodyWaits(sim, OwnShield); }
