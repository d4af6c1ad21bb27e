#include "rondo/runtime/timer_queue.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <list>
#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "rondo/runtime/handle.h"
#include "rondo/runtime/seeded_random.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::internal {
namespace {

// The queue beside a list that is sorted, slowly, by (deadline, registration).
// The timers belong to a loop, so that handles can cancel them.
class Both {
 public:
  void Push(std::int64_t when) {
    const int number = next_++;
    handles_.push_back(world_.loop().CallAt(
        Nanoseconds(when), [this, number] { fired_ = number; }));
    const auto later =
        std::find_if(oracle_.begin(), oracle_.end(),
                     [&](const Timer& timer) { return timer.when > when; });
    oracle_.insert(later, {when, number});
  }

  void CancelOne(std::size_t index) {
    const auto timer =
        std::next(oracle_.begin(), static_cast<std::ptrdiff_t>(index));
    handles_[static_cast<std::size_t>(timer->number)].Cancel();
    oracle_.erase(timer);
  }

  // Pops what is due at `limit` from both and compares.
  void PopAllDue(std::int64_t limit) {
    while (!oracle_.empty() && oracle_.front().when <= limit) {
      TimerNode* const timer = queue().PopDue(limit);
      ASSERT_NE(timer, nullptr);
      fired_ = -1;
      ASSERT_EQ(timer->when, oracle_.front().when);
      timer->Run();
      ASSERT_EQ(fired_, oracle_.front().number);
      oracle_.pop_front();
    }
    ASSERT_EQ(queue().PopDue(limit), nullptr);
  }

  void Compare() {
    ASSERT_EQ(queue().live(), oracle_.size());
    ASSERT_EQ(queue().MinDeadline(),
              oracle_.empty() ? TimerQueue::kNever : oracle_.front().when);
  }

  // The first deadline after `time`, of both.
  void CompareAfter(std::int64_t time) {
    const auto first =
        std::find_if(oracle_.begin(), oracle_.end(),
                     [&](const Timer& timer) { return timer.when > time; });
    const TimerNode* const found = queue().FirstAfter(time);
    ASSERT_EQ(found == nullptr, first == oracle_.end());
    if (found != nullptr) {
      ASSERT_EQ(found->when, first->when);
    }
  }

  std::size_t size() const { return oracle_.size(); }
  std::int64_t first() const { return oracle_.front().when; }

 private:
  struct Timer {
    std::int64_t when;
    int number;
  };

  TimerQueue& queue() { return world_.loop().core()->timers; }

  VirtualLoop world_;
  std::vector<TimerHandle> handles_;
  std::list<Timer> oracle_;
  int next_ = 0;
  int fired_ = -1;
};

class TimerQueueTest : public testing::TestWithParam<std::uint64_t> {};

INSTANTIATE_TEST_SUITE_P(Seeds, TimerQueueTest,
                         testing::Range<std::uint64_t>(1, 21));

// A deadline near, far, before everything, negative, or equal to another one.
std::int64_t AnyDeadline(Random& random, std::int64_t now) {
  switch (random.Below(8)) {
    case 0:
      return now - static_cast<std::int64_t>(random.Below(1000));
    case 1:
      return -static_cast<std::int64_t>(random.Below(5));
    case 2:
      return now + static_cast<std::int64_t>(random.Next() >> 8);
    case 3:
      return std::numeric_limits<std::int64_t>::min() +
             static_cast<std::int64_t>(random.Below(3));
    case 4:
      return std::numeric_limits<std::int64_t>::max() - 1 -
             static_cast<std::int64_t>(random.Below(3));
    default:
      return now + static_cast<std::int64_t>(random.Below(50));
  }
}

TEST_P(TimerQueueTest, DoesWhatASortedListDoes) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  SeededRandom random(GetParam());
  Both both;
  std::int64_t now = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::uint64_t what = random.Below(10);
    if (what < 5) {
      both.Push(AnyDeadline(random, now));
    } else if (what < 8 && both.size() > 0) {
      both.CancelOne(random.Below(both.size()));
    } else {
      if (both.size() > 0 && random.Below(2) == 0 && both.first() > now) {
        now = std::min(both.first(), std::int64_t{1} << 60);
      }
      both.PopAllDue(now);
    }
    both.Compare();
    both.CompareAfter(now + static_cast<std::int64_t>(random.Below(20)));
    if (HasFatalFailure()) return;
  }
}

TEST_P(TimerQueueTest, SurvivesTheCancellationOfAlmostEverything) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  SeededRandom random(GetParam());
  Both both;
  for (int i = 0; i < 2000; ++i) both.Push(AnyDeadline(random, 1000));
  while (both.size() > 10) {
    both.CancelOne(random.Below(both.size()));
    both.Compare();
    if (HasFatalFailure()) return;
  }
  both.PopAllDue(std::numeric_limits<std::int64_t>::max() - 1);
  both.Compare();
}

TEST(TimerQueueOrderTest, EqualDeadlinesLeaveInTheOrderOfRegistration) {
  Both both;
  for (int i = 0; i < 1000; ++i) both.Push(i % 3 * 1'000'000);
  both.PopAllDue(1'000'000);
  // Now early ones among those that wait.
  for (int i = 0; i < 1000; ++i) both.Push(i % 3 * 1'000'000);
  both.PopAllDue(2'000'000);
  both.Compare();
}

// As the timer of a connection that has timers of its own.
TEST(TimerQueueOrderTest, TimersThatDieWithTheLoopMayCancelTheRest) {
  struct Canceller {
    std::vector<TimerHandle> others;
    ~Canceller() {
      for (TimerHandle& other : others) other.Cancel();
    }
  };
  int fired = 0;
  VirtualLoop world;
  std::vector<TimerHandle> victims;
  for (int i = 0; i < 300; ++i) {
    auto canceller = std::make_shared<Canceller>();
    world.loop().CallAt(Nanoseconds(1000 + i),
                        [canceller, &fired] { ++fired; });
    for (int k = 0; k < 3; ++k) {  // Enough of them for a sweep.
      victims.push_back(
          world.loop().CallAt(Nanoseconds(2000 + i), [&fired] { ++fired; }));
      canceller->others.push_back(victims.back());
    }
  }
  world.loop().Close();
  for (const TimerHandle& victim : victims) EXPECT_TRUE(victim.cancelled());
  EXPECT_EQ(world.loop().scheduled_count(), 0u);
  EXPECT_EQ(fired, 0);
}

}  // namespace
}  // namespace rondo::internal
