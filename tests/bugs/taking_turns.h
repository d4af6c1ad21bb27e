// Users who take turns, some of them impatient: what locks are for, and
// semaphores with one permit.
//
// Two things are looked at: that nobody comes in while another is inside, and
// that nobody waits in the end for what is free.
#ifndef RONDO_TESTS_BUGS_TAKING_TURNS_H_
#define RONDO_TESTS_BUGS_TAKING_TURNS_H_

#include <chrono>
#include <optional>
#include <vector>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/simnet/simulation.h"

namespace rondo {

struct User {
  const char* name;
  std::chrono::milliseconds arrival;  // After the round's beginning.
  // How long it waits for its turn. None: for ever.
  std::optional<std::chrono::milliseconds> patience;
};

// Everybody stays 10 ms. The patience of the impatient is enough, if only just.
inline constexpr std::chrono::milliseconds kStay(10);
inline constexpr std::chrono::milliseconds kPatience(14);

struct Turns {
  int waiting = 0;
  int inside = 0;
};

template <class L>
Coro<> Acquisition(L* lock) {
  co_await lock->Acquire();
}

template <class L>
Coro<> UseInTurn(Simulation* sim, L* lock, Turns* turns, User user) {
  co_await Sleep(user.arrival);
  ++turns->waiting;
  try {
    co_await WaitFor(Acquisition(lock), user.patience);
  } catch (const TimeoutError&) {
    --turns->waiting;  // It can do without.
    co_return;
  }
  --turns->waiting;
  if (++turns->inside > 1) sim->Fail("two owners");
  co_await Sleep(kStay);
  --turns->inside;
  lock->Release();
}

// Three rounds: one waits and is impatient, nobody waits, several wait.
inline std::vector<std::vector<User>> Rounds() {
  using std::chrono_literals::operator""ms;
  return {{{"first", 0ms, std::nullopt}, {"impatient", 1ms, kPatience}},
          {{"alone", 0ms, std::nullopt}},
          {{"second", 0ms, std::nullopt},
           {"hasty", 1ms, kPatience},
           {"third", 2ms, std::nullopt},
           {"fourth", 3ms, std::nullopt}}};
}

// REQUIRES: an L, made without arguments, is free.
template <class L>
void TakeTurns(Simulation& sim) {
  sim.Run([&sim]() -> Coro<> {
    L lock;
    Turns turns;
    for (const std::vector<User>& round : Rounds()) {
      for (const User& user : round) {
        CreateTask(UseInTurn(&sim, &lock, &turns, user), user.name);
      }
      co_await Sleep(std::chrono::seconds(1));
      if (turns.inside == 0 && turns.waiting > 0) {
        sim.Fail("lost wake-up", "a user waits, and nobody is inside");
      }
    }
  });
}

}  // namespace rondo

#endif  // RONDO_TESTS_BUGS_TAKING_TURNS_H_
