// Small programs with one bug each, as the literature has them, and for each a
// fixed twin in which no schedule fails.
//
// Unless it says otherwise the dull run of a program passes.
#ifndef RONDO_TESTS_REPLAY_TOY_PROGRAMS_H_
#define RONDO_TESTS_REPLAY_TOY_PROGRAMS_H_

#include <string_view>
#include <vector>

#include "rondo/replay/rerun.h"

namespace rondo {

enum class Bug { kPresent, kFixed };

// SCTBench's reorder_N: setters write a, then b; a checker that sees only one
// of the two written fails.
RunOnce Reorder(int setters, int checkers, Bug bug);

// SCTBench's twostage: the second of two dependent writes is not yet there.
RunOnce TwoStage(Bug bug);

// SCTBench's account: the audit is wrong only after both transactions.
RunOnce Account(Bug bug);

// Check, await, use; somebody takes it away in between. Beside it `noise`
// tasks of 20 steps that have nothing to do with it.
RunOnce AtomicityViolation(int noise, Bug bug);

// The notification comes between the look and the wait: deadlock.
RunOnce LostWakeup(Bug bug);

// Goes wrong if one task does not get on for `steps` steps of another.
RunOnce Starvation(int steps, Bug bug);

// Two independent races that must both go wrong: no single deviation does it.
RunOnce TwoRaces(Bug bug);

// Two transfers from one account, each a check and then a withdrawal: the dull
// run itself overdraws it.
RunOnce Overdraft(Bug bug);

// A request sent over a network with drawn delays and faults: it fails if the
// first reply takes 700 of 1000 or more and the server has crashed before.
RunOnce SlowReply(Bug bug);

struct ToyProgram {
  std::string_view name;
  RunOnce with_bug;
  RunOnce fixed;
  // The fewest decisions that show the bug.
  std::size_t minimum;
};

// All of the above, in moderate sizes.
std::vector<ToyProgram> ToyPrograms();

}  // namespace rondo

#endif  // RONDO_TESTS_REPLAY_TOY_PROGRAMS_H_
