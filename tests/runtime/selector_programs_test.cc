// Random programs on 50 descriptors: all selectors say the same, and it is
// what poll says.
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/seeded_random.h"
#include "rondo/tests/support/selectors.h"

namespace rondo {
namespace {

constexpr int kSockets = 40;  // And ten ends of pipes.
constexpr int kEnds = 50;

// The same descriptors for each selector: slots 2n and 2n + 1 are connected.
class Lane {
 public:
  explicit Lane(SelectorKind kind)
      : selector_(MakeSelector(kind, /*max_skips=*/0)) {
    for (int i = 0; i < kEnds; i += 2) Open(i);
  }
  ~Lane() {
    for (const int fd : fds_) close(fd);
  }

  // Has closed neither end, or both.
  void Open(int slot) {
    const int even = slot & ~1;
    int pair[2];
    if (even < kSockets) {
      ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
      const int size = 4096;  // Soon full.
      setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
      setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    } else {
      ASSERT_EQ(pipe2(pair, O_NONBLOCK), 0);
    }
    std::copy(pair, pair + 2, &fds_[even]);
  }
  const char* name() const { return selector_->name(); }
  bool is_open(int slot) const { return fds_[slot] >= 0; }
  unsigned events(int slot) const {
    const auto key = selector_->GetKey(fds_[slot]);
    return key.has_value() ? key->events : 0;
  }

  void Register(int slot, unsigned events) {
    selector_->Register(fds_[slot], events);
  }
  void Modify(int slot, unsigned events) {
    selector_->Modify(fds_[slot], events);
  }
  void Unregister(int slot) { selector_->Unregister(fds_[slot]); }
  void Close(int slot, bool unregister_first) {
    const bool registered = events(slot) != 0;
    const int fd = std::exchange(fds_[slot], -1);
    if (registered && unregister_first) selector_->Unregister(fd);
    close(fd);
    if (registered && !unregister_first) selector_->Unregister(fd);
  }
  // Closes it, and leaves it registered.
  void Abandon(int slot) { close(std::exchange(fds_[slot], -1)); }
  void Send(int slot, std::size_t size) {
    const std::string data(size, 'm');
    [[maybe_unused]] const ssize_t n =
        slot < kSockets ? send(fds_[slot], data.data(), size, MSG_NOSIGNAL)
                        : write(fds_[slot], data.data(), size);
  }
  void Receive(int slot, std::size_t size) {
    std::string data(size, '\0');
    [[maybe_unused]] const ssize_t n = read(fds_[slot], data.data(), size);
  }
  void EndWriting(int slot) { shutdown(fds_[slot], SHUT_WR); }

  // (slot, mask) of all that the selector says; and of all that poll says.
  std::vector<ReadyEvent> Selected() {
    const std::vector<ReadyEvent> ready = ReadyNow(*selector_);
    EXPECT_TRUE(std::is_sorted(
        ready.begin(), ready.end(),
        [](const auto& x, const auto& y) { return x.fd < y.fd; }));
    std::vector<ReadyEvent> slots;
    for (const ReadyEvent& event : ready) {
      const auto at = std::find(fds_.begin(), fds_.end(), event.fd);
      slots.push_back({static_cast<int>(at - fds_.begin()), event.mask});
    }
    return Sorted(std::move(slots));
  }
  std::vector<ReadyEvent> Polled() const {
    std::vector<ReadyEvent> slots;
    for (int slot = 0; slot < kEnds; ++slot) {
      if (!is_open(slot) || events(slot) == 0) continue;
      pollfd polled = {
          .fd = fds_[slot], .events = POLLIN | POLLOUT, .revents = 0};
      poll(&polled, 1, 0);
      unsigned mask = 0;
      if ((polled.revents & ~POLLOUT) != 0) mask |= kReadable;
      if ((polled.revents & ~POLLIN) != 0) mask |= kWritable;
      mask &= events(slot);
      if (mask != 0) slots.push_back({slot, mask});
    }
    return slots;
  }

 private:
  static std::vector<ReadyEvent> Sorted(std::vector<ReadyEvent> events) {
    std::sort(events.begin(), events.end(),
              [](const auto& x, const auto& y) { return x.fd < y.fd; });
    return events;
  }

  std::unique_ptr<SystemSelector> selector_;
  std::vector<int> fds_ = std::vector<int>(kEnds, -1);
};

// One program, in all lanes at once.
class Program {
 public:
  Program(std::uint64_t seed, const std::vector<SelectorKind>& kinds,
          bool abandons)
      : random_(seed), abandons_(abandons) {
    for (const SelectorKind kind : kinds) {
      lanes_.push_back(std::make_unique<Lane>(kind));
    }
  }

  void Run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      SCOPED_TRACE("step " + std::to_string(i));
      for (std::uint64_t n = random_.Below(6); n > 0; --n) Step();
      const std::vector<ReadyEvent> expected = lanes_[0]->Polled();
      for (const auto& lane : lanes_) {
        SCOPED_TRACE(lane->name());
        EXPECT_EQ(lane->Polled(), expected);
        EXPECT_EQ(lane->Selected(), expected);
      }
    }
  }

 private:
  template <class F>
  void All(F function) {
    for (const auto& lane : lanes_) function(*lane);
  }

  // A hang-up is told by select to readers only: nobody else waits for one.
  unsigned Interest(int slot) {
    const bool pipe_read = slot >= kSockets && slot % 2 == 0;
    return pipe_read ? kReadable : 1 + static_cast<unsigned>(random_.Below(3));
  }

  void Step() {
    const int slot = static_cast<int>(random_.Below(kEnds));
    const std::uint64_t choice = random_.Below(100);
    if (!lanes_[0]->is_open(slot)) {
      // A number that is left registered must not be given again.
      if (!abandons_ && !lanes_[0]->is_open(slot ^ 1)) {
        All([&](Lane& lane) { lane.Open(slot); });
      }
    } else if (choice < 25) {
      ChangeInterest(slot);
    } else if (choice < 32) {
      if (lanes_[0]->events(slot) == 0) return;
      All([&](Lane& lane) { lane.Unregister(slot); });
    } else if (choice < 60) {
      const std::size_t size = std::size_t{1} << random_.Below(17);
      All([&](Lane& lane) { lane.Send(slot, size); });
    } else if (choice < 88) {
      const std::size_t size = std::size_t{1} << random_.Below(17);
      All([&](Lane& lane) { lane.Receive(slot, size); });
    } else if (choice < 91) {
      // One end only: where both have ended, it is a hang-up.
      if (slot % 2 == 0) All([&](Lane& lane) { lane.EndWriting(slot); });
    } else if (choice < 97) {
      const bool first = random_.Below(2) == 0;
      All([&](Lane& lane) { lane.Close(slot, first); });
    } else if (abandons_) {
      All([&](Lane& lane) { lane.Abandon(slot); });
    }
  }

  void ChangeInterest(int slot) {
    const unsigned interest = Interest(slot);
    const bool registered = lanes_[0]->events(slot) != 0;
    All([&](Lane& lane) {
      registered ? lane.Modify(slot, interest) : lane.Register(slot, interest);
    });
  }

  SeededRandom random_;
  const bool abandons_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

bool HasIoUring() {
  try {
    MakeSelector(SelectorKind::kIoUring);
    return true;
  } catch (const std::system_error& error) {
    std::cout << "without io_uring: " << error.what() << "\n";
    return false;
  }
}

class SelectorProgramsTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  void SetUp() override {
    std::cout << "seed " << GetParam() << "\n";
    std::signal(SIGPIPE, SIG_IGN);
  }
};

INSTANTIATE_TEST_SUITE_P(Seeds, SelectorProgramsTest,
                         testing::Range<std::uint64_t>(1, 21));

TEST_P(SelectorProgramsTest, AllSelectorsAgree) {
  std::vector<SelectorKind> kinds = {SelectorKind::kEpoll, SelectorKind::kPoll,
                                     SelectorKind::kSelect};
  if (HasIoUring()) kinds.push_back(SelectorKind::kIoUring);
  Program(GetParam(), kinds, /*abandons=*/false).Run(300);
}

// io_uring holds such files, so that their other ends differ.
TEST_P(SelectorProgramsTest, AllOthersAgreeOnWhatIsClosedWhileRegistered) {
  Program(GetParam(),
          {SelectorKind::kEpoll, SelectorKind::kPoll, SelectorKind::kSelect},
          /*abandons=*/true)
      .Run(150);
}

}  // namespace
}  // namespace rondo
