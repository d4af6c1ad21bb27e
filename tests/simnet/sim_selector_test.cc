#include "rondo/simnet/sim_selector.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "rondo/runtime/errors.h"

namespace rondo {
namespace {

using std::chrono::milliseconds;

constexpr Nanoseconds kZero(0);

// Makes a descriptor ready.
struct Ready final : SimEvent {
  Ready(SimSelector* selector, int fd, unsigned mask)
      : selector(selector), fd(fd), mask(mask) {}
  void Happen() override { selector->SetReadiness(fd, mask); }
  void Discard() override {}
  SimSelector* selector;
  int fd;
  unsigned mask;
};

std::vector<int> Fds(std::span<const ReadyEvent> events) {
  std::vector<int> fds;
  for (const ReadyEvent& event : events) fds.push_back(event.fd);
  return fds;
}

TEST(SimSelectorTest, ReadyDescriptorsComeInAscendingOrder) {
  SimSelector selector;
  for (const int fd : {200, 3, 64, 65, 7}) {
    selector.Open(fd);
    selector.Register(fd, kReadable);
  }
  EXPECT_FALSE(selector.HasReady());
  for (const int fd : {65, 200, 7, 64}) selector.SetReadiness(fd, kReadable);
  EXPECT_TRUE(selector.HasReady());
  EXPECT_EQ(Fds(selector.Select(kZero)), (std::vector<int>{7, 64, 65, 200}));
  selector.SetReadiness(64, 0);
  selector.SetReadiness(7, kWritable);  // Not what is asked for.
  EXPECT_EQ(Fds(selector.Select(kZero)), (std::vector<int>{65, 200}));
}

TEST(SimSelectorTest, OnlyWhatIsAskedForIsTold) {
  SimSelector selector;
  selector.Open(3);
  selector.SetReadiness(3, kReadable | kWritable);
  EXPECT_TRUE(selector.Select(kZero).empty());
  selector.Register(3, kWritable);
  EXPECT_EQ(selector.Select(kZero)[0].mask, kWritable);
  selector.Modify(3, kReadable | kWritable);
  EXPECT_EQ(selector.Select(kZero)[0].mask, kReadable | kWritable);
  selector.Unregister(3);
  EXPECT_TRUE(selector.Select(kZero).empty());
}

TEST(SimSelectorTest, MisuseIsTheErrorOfEpoll) {
  SimSelector selector;
  EXPECT_THROW(selector.Register(3, kReadable), std::system_error);
  selector.Open(3);
  EXPECT_THROW(selector.Modify(3, kReadable), std::system_error);
  selector.Register(3, kReadable);
  EXPECT_THROW(selector.Register(3, kReadable), std::system_error);
  selector.Closed(3);
  selector.Unregister(3);
  EXPECT_THROW(selector.Register(3, kReadable), std::system_error);
  selector.Open(3);  // The number again: no interest is left of the old one.
  selector.SetReadiness(3, kReadable);
  EXPECT_TRUE(selector.Select(kZero).empty());
}

TEST(SimSelectorTest, WaitingUndrivenIsAProgrammingError) {
  SimSelector selector;
  EXPECT_THROW(selector.Select(std::nullopt), std::logic_error);
  EXPECT_THROW(selector.Select(milliseconds(1)), std::logic_error);
  selector.Wake();
  EXPECT_TRUE(selector.HasReady());
  EXPECT_TRUE(selector.Select(std::nullopt).empty());
  EXPECT_FALSE(selector.HasReady());
}

class SimSelectorAloneTest : public testing::Test {
 protected:
  SimSelectorAloneTest() {
    selector_.DriveAlone(queue_, time_);
    for (const int fd : {3, 4}) {
      selector_.Open(fd);
      selector_.Register(fd, kReadable);
    }
  }

  VirtualTime time_;
  SimSelector selector_;
  EventStream a_;
  EventStream b_;
  EventQueue queue_;
};

TEST_F(SimSelectorAloneTest, ATimeoutPassesAtOnce) {
  EXPECT_TRUE(selector_.Select(std::chrono::hours(24)).empty());
  EXPECT_EQ(time_.now(), std::chrono::hours(24));
}

TEST_F(SimSelectorAloneTest, JumpsToTheEarlierOfEventAndDeadline) {
  Ready late(&selector_, 3, kReadable);
  queue_.Schedule(a_, &late, milliseconds(50));
  EXPECT_TRUE(selector_.Select(milliseconds(49)).empty());
  EXPECT_EQ(time_.now(), milliseconds(49));
  EXPECT_EQ(Fds(selector_.Select(milliseconds(1))), (std::vector<int>{3}));
  EXPECT_EQ(time_.now(), milliseconds(50));
}

TEST_F(SimSelectorAloneTest, EventsOfOneInstantAreToldTogether) {
  Ready first(&selector_, 4, kReadable);
  Ready second(&selector_, 3, kReadable);
  queue_.Schedule(a_, &first, milliseconds(5));
  queue_.Schedule(b_, &second, milliseconds(5));
  EXPECT_EQ(Fds(selector_.Select(std::nullopt)), (std::vector<int>{3, 4}));
}

TEST_F(SimSelectorAloneTest, AZeroTimeoutDoesNotMoveTheTime) {
  Ready now(&selector_, 3, kReadable);
  Ready later(&selector_, 4, kReadable);
  queue_.Schedule(a_, &now, kZero);
  queue_.Schedule(b_, &later, milliseconds(1));
  EXPECT_EQ(Fds(selector_.Select(kZero)), (std::vector<int>{3}));
  EXPECT_EQ(time_.now(), kZero);
  while (SimEvent* event = queue_.PopEarliest()) event->Discard();
}

TEST_F(SimSelectorAloneTest, AnEventThatMakesNothingReadyDoesNotEndTheWait) {
  Ready nothing(&selector_, 3, kWritable);
  queue_.Schedule(a_, &nothing, milliseconds(1));
  EXPECT_TRUE(selector_.Select(milliseconds(2)).empty());
  EXPECT_EQ(time_.now(), milliseconds(2));
}

TEST_F(SimSelectorAloneTest, NothingUnderWayAndNoTimeoutIsADeadlock) {
  EXPECT_THROW(selector_.Select(std::nullopt), DeadlockError);
  selector_.Wake();
  EXPECT_TRUE(selector_.Select(std::nullopt).empty());
}

}  // namespace
}  // namespace rondo
