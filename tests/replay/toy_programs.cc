#include "rondo/tests/replay/toy_programs.h"

#include <array>
#include <string>

#include "rondo/runtime/identity.h"
#include "rondo/tests/replay/toy_world.h"

namespace rondo {
namespace {

struct Pair {
  int a = 0;
  int b = 0;
};

ToyTask SetBoth(ToyWorld& world, Pair& shared, Bug bug) {
  shared.a = 1;
  if (bug == Bug::kPresent) co_await world.Yield();
  shared.b = -1;
}

ToyTask CheckBoth(ToyWorld& world, Pair& shared, Bug bug) {
  const int a = shared.a;
  if (bug == Bug::kPresent) co_await world.Yield();
  const int b = shared.b;
  if (!((a == 0 && b == 0) || (a == 1 && b == -1))) world.Fail("torn pair");
}

ToyTask FirstThenSecond(ToyWorld& world, Pair& shared, Bug bug) {
  shared.a = 1;
  if (bug == Bug::kPresent) co_await world.Yield();
  shared.b = shared.a + 1;
}

ToyTask ReadStages(ToyWorld& world, Pair& shared) {
  co_await world.Yield();
  if (shared.a == 0) co_return;
  const int a = shared.a;
  if (shared.b != a + 1) world.Fail("second stage missing");
}

struct Books {
  int balance = 10;
  bool deposited = false;
  bool withdrawn = false;
};

ToyTask Audit(ToyWorld& world, Books& books, Bug bug) {
  const int expected = bug == Bug::kPresent ? 10 - 2 - 4 : 10 + 2 - 4;
  if (books.deposited && books.withdrawn && books.balance != expected) {
    world.Fail("books do not balance");
  }
  co_return;
}

ToyTask Book(int amount, int& balance, bool& done) {
  balance += amount;
  done = true;
  co_return;
}

ToyTask CheckThenUse(ToyWorld& world, bool& there, Bug bug) {
  co_await world.Yield();
  if (!there) co_return;
  if (bug == Bug::kPresent) co_await world.Yield();
  if (!there) world.Fail("used after it was taken");
}

ToyTask TakeAway(ToyWorld& world, bool& there) {
  co_await world.Yield();
  there = false;
  co_await world.Yield();
  co_await world.Yield();
  there = true;
}

ToyTask Noise(ToyWorld& world, int steps) {
  for (int i = 1; i < steps; ++i) co_await world.Yield();
}

ToyTask Produce(ToyWorld& world, bool& ready, ToyWorld::WaitList& waiting) {
  ready = true;
  world.Wake(waiting);
  co_return;
}

ToyTask Consume(ToyWorld& world, bool& ready, ToyWorld::WaitList& waiting,
                Bug bug) {
  if (ready) co_return;
  co_await world.Yield();
  if (bug == Bug::kFixed && ready) co_return;
  co_await world.Wait(waiting);
}

ToyTask SetFlag(bool& flag) {
  flag = true;
  co_return;
}

ToyTask NeedFlagAfter(ToyWorld& world, bool& flag, int steps, Bug bug) {
  for (int i = 0; i < steps; ++i) co_await world.Yield();
  if (bug == Bug::kPresent && !flag) world.Fail("flag not set in time");
}

ToyTask LookAtFlag(bool flag_before, const bool& flag, bool& missed) {
  missed = flag == flag_before;
  co_return;
}

ToyTask JudgeRaces(ToyWorld& world, const std::array<bool, 2>& missed,
                   Bug bug) {
  for (int i = 0; i < 8; ++i) co_await world.Yield();
  if (bug == Bug::kPresent && missed[0] && missed[1]) world.Fail("both lost");
}

ToyTask Withdraw(ToyWorld& world, int& balance, Bug bug) {
  if (balance < 100) co_return;
  if (bug == Bug::kPresent) co_await world.Yield();
  balance -= 100;
  if (balance < 0) world.Fail("overdrawn");
}

constexpr std::uint64_t kMostDelay = 1000;
constexpr std::uint64_t kTimeout = 700;

ToyTask Request(ToyWorld& world, Bug bug) {
  bool crashed = false;
  for (std::uint64_t k = 0; k < 6; ++k) {
    const Identity site = Combine(HashName("fault"), k);
    const std::array<Candidate, 3> faults = {
        Candidate{.id = site, .label = "none"},
        Candidate{.id = Combine(site, 1), .label = "crash"},
        Candidate{.id = Combine(site, 2), .label = "partition"}};
    crashed |= world.scheduler().Pick(PickPoint::kFault, faults) == 1;
    co_await world.Yield();
  }
  std::uint64_t first_delay = 0;
  for (std::uint64_t k = 0; k < 6; ++k) {
    const std::uint64_t delay =
        world.scheduler().Draw(HashName("delay"), k, kMostDelay);
    if (k == 0) first_delay = delay;
    co_await world.Yield();
  }
  if (bug == Bug::kPresent && crashed && first_delay >= kTimeout) {
    world.Fail("gave up on a crashed server");
  }
}

}  // namespace

RunOnce Reorder(int setters, int checkers, Bug bug) {
  return [=](Scheduler& scheduler) {
    ToyWorld world(scheduler);
    Pair shared;
    for (int i = 0; i < setters; ++i) {
      world.Spawn("setter" + std::to_string(i), SetBoth(world, shared, bug));
    }
    for (int i = 0; i < checkers; ++i) {
      world.Spawn("checker" + std::to_string(i), CheckBoth(world, shared, bug));
    }
    return world.Run();
  };
}

RunOnce TwoStage(Bug bug) {
  return [bug](Scheduler& scheduler) {
    ToyWorld world(scheduler);
    Pair shared;
    world.Spawn("stages", FirstThenSecond(world, shared, bug));
    world.Spawn("reader", ReadStages(world, shared));
    return world.Run();
  };
}

RunOnce Account(Bug bug) {
  return [bug](Scheduler& scheduler) {
    ToyWorld world(scheduler);
    Books books;
    world.Spawn("audit", Audit(world, books, bug));
    world.Spawn("deposit", Book(2, books.balance, books.deposited));
    world.Spawn("withdraw", Book(-4, books.balance, books.withdrawn));
    return world.Run();
  };
}

RunOnce AtomicityViolation(int noise, Bug bug) {
  return [=](Scheduler& scheduler) {
    ToyWorld world(scheduler);
    bool there = true;
    world.Spawn("taker", TakeAway(world, there));
    for (int i = 0; i < noise; ++i) {
      world.Spawn("noise" + std::to_string(i), Noise(world, 20));
    }
    world.Spawn("user", CheckThenUse(world, there, bug));
    return world.Run();
  };
}

RunOnce LostWakeup(Bug bug) {
  return [bug](Scheduler& scheduler) {
    ToyWorld world(scheduler);
    bool ready = false;
    ToyWorld::WaitList waiting;
    world.Spawn("producer", Produce(world, ready, waiting));
    world.Spawn("consumer", Consume(world, ready, waiting, bug));
    return world.Run();
  };
}

RunOnce Starvation(int steps, Bug bug) {
  return [=](Scheduler& scheduler) {
    ToyWorld world(scheduler);
    bool flag = false;
    world.Spawn("setter", SetFlag(flag));
    world.Spawn("needer", NeedFlagAfter(world, flag, steps, bug));
    return world.Run();
  };
}

RunOnce TwoRaces(Bug bug) {
  return [bug](Scheduler& scheduler) {
    ToyWorld world(scheduler);
    std::array<bool, 2> flags = {};
    std::array<bool, 2> missed = {};
    for (std::size_t i = 0; i < flags.size(); ++i) {
      const std::string number = std::to_string(i);
      world.Spawn("set" + number, SetFlag(flags[i]));
      world.Spawn("look" + number, LookAtFlag(false, flags[i], missed[i]));
    }
    world.Spawn("judge", JudgeRaces(world, missed, bug));
    return world.Run();
  };
}

RunOnce Overdraft(Bug bug) {
  return [bug](Scheduler& scheduler) {
    ToyWorld world(scheduler);
    int balance = 100;
    world.Spawn("first", Withdraw(world, balance, bug));
    world.Spawn("second", Withdraw(world, balance, bug));
    return world.Run();
  };
}

RunOnce SlowReply(Bug bug) {
  return [bug](Scheduler& scheduler) {
    ToyWorld world(scheduler);
    world.Spawn("request", Request(world, bug));
    world.Spawn("noise", Noise(world, 10));
    return world.Run();
  };
}

std::vector<ToyProgram> ToyPrograms() {
  constexpr Bug kBug = Bug::kPresent;
  constexpr Bug kFixed = Bug::kFixed;
  return {
      {"reorder_3", Reorder(2, 1, kBug), Reorder(2, 1, kFixed), 1},
      {"reorder_10", Reorder(9, 1, kBug), Reorder(9, 1, kFixed), 1},
      {"twostage", TwoStage(kBug), TwoStage(kFixed), 1},
      {"account", Account(kBug), Account(kFixed), 1},
      {"av_n0", AtomicityViolation(0, kBug), AtomicityViolation(0, kFixed), 1},
      {"av_n10", AtomicityViolation(10, kBug), AtomicityViolation(10, kFixed),
       1},
      {"lost_wakeup", LostWakeup(kBug), LostWakeup(kFixed), 1},
      {"starve_60", Starvation(60, kBug), Starvation(60, kFixed), 1},
      {"two_races", TwoRaces(kBug), TwoRaces(kFixed), 2},
      {"overdraft", Overdraft(kBug), Overdraft(kFixed), 0},
      {"slow_reply", SlowReply(kBug), SlowReply(kFixed), 2},
  };
}

}  // namespace rondo
