// Descriptors, and all of the machine's selectors to try on them.
#ifndef RONDO_TESTS_SUPPORT_SELECTORS_H_
#define RONDO_TESTS_SUPPORT_SELECTORS_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "rondo/runtime/make_selector.h"

namespace rondo {

inline void PrintTo(const ReadyEvent& event, std::ostream* out) {
  *out << "fd " << event.fd << " mask " << event.mask;
}
inline bool operator==(const ReadyEvent& a, const ReadyEvent& b) {
  return a.fd == b.fd && a.mask == b.mask;
}

inline constexpr unsigned kBoth = kReadable | kWritable;
inline constexpr Nanoseconds kZero(0);

inline constexpr SelectorKind kSelectorKinds[] = {
    SelectorKind::kEpoll, SelectorKind::kPoll, SelectorKind::kSelect,
    SelectorKind::kIoUring};

inline std::string KindName(const testing::TestParamInfo<SelectorKind>& info) {
  return SelectorName(info.param);
}

// Two descriptors that are connected; nothing blocks.
class FdPair {
 public:
  static FdPair Sockets() {
    FdPair pair;
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.fds_),
              0);
    return pair;
  }
  // `a` is the end that is read.
  static FdPair Pipe() {
    FdPair pair;
    EXPECT_EQ(pipe2(pair.fds_, O_NONBLOCK), 0);
    return pair;
  }
  FdPair(FdPair&& other) noexcept {
    std::swap(fds_[0], other.fds_[0]);
    std::swap(fds_[1], other.fds_[1]);
  }
  FdPair& operator=(FdPair&& other) noexcept {
    std::swap(fds_[0], other.fds_[0]);
    std::swap(fds_[1], other.fds_[1]);
    return *this;
  }
  ~FdPair() {
    CloseA();
    CloseB();
  }

  int a() const { return fds_[0]; }
  int b() const { return fds_[1]; }
  // Each returns what the number was.
  int CloseA() { return CloseOne(0); }
  int CloseB() { return CloseOne(1); }

 private:
  FdPair() = default;
  int CloseOne(int i) {
    const int fd = std::exchange(fds_[i], -1);
    if (fd >= 0) close(fd);
    return fd;
  }
  int fds_[2] = {-1, -1};
};

inline void Write(int fd, std::string_view text = "x") {
  EXPECT_EQ(write(fd, text.data(), text.size()),
            static_cast<ssize_t>(text.size()));
}
inline std::string Read(int fd) {
  char buffer[64];
  const ssize_t n = read(fd, buffer, sizeof(buffer));
  return std::string(buffer, static_cast<std::size_t>(n < 0 ? 0 : n));
}
// Writes until no more is taken.
inline void Fill(int fd) {
  const std::string much(4096, 'm');
  while (write(fd, much.data(), much.size()) > 0) {
  }
}
// Whether the other end is closed, as of now.
inline bool IsAtEnd(int fd) {
  pollfd polled = {.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&polled, 1, 0) == 1 && Read(fd).empty();
}

inline std::vector<ReadyEvent> ReadyNow(Selector& selector) {
  const auto ready = selector.Select(kZero);
  return {ready.begin(), ready.end()};
}

// The errno of the std::system_error that `function` throws; 0 if none.
template <class F>
int ErrorOf(F function) {
  try {
    function();
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  return 0;
}
template <class F>
std::string MessageOf(F function) {
  try {
    function();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

// A test of one of the selectors, which asks the kernel each time.
class EverySelectorTest : public testing::TestWithParam<SelectorKind> {
 protected:
  void SetUp() override {
    try {
      selector_ = MakeSelector(GetParam(), /*max_skips=*/0);
    } catch (const std::system_error& error) {
      if (GetParam() != SelectorKind::kIoUring) throw;
      GTEST_SKIP() << error.what();
    }
  }
  SystemSelector& selector() { return *selector_; }
  std::vector<ReadyEvent> Ready() { return ReadyNow(*selector_); }

  std::unique_ptr<SystemSelector> selector_;
};

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_SELECTORS_H_
