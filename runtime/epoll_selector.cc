#include "rondo/runtime/epoll_selector.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

namespace rondo {
namespace {

// What one call brings at most; the rest comes with the next.
constexpr int kBatch = 256;

constexpr std::uint64_t kWake = ~std::uint64_t{0};  // No descriptor's.

static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT);

std::uint64_t Token(int fd, std::uint32_t generation) {
  return static_cast<std::uint32_t>(fd) | std::uint64_t{generation} << 32;
}

// Milliseconds, rounded up; -1 for ever.
int Milliseconds(std::optional<Nanoseconds> timeout) {
  if (!timeout.has_value()) return -1;
  const std::int64_t ns = std::max<std::int64_t>(timeout->count(), 0);
  const std::int64_t ms = ns / 1'000'000 + (ns % 1'000'000 != 0);
  return static_cast<int>(std::min<std::int64_t>(ms, INT_MAX));
}

const char* Explain(int error) {
  switch (error) {
    case EBADF:
      return "is not open";
    case EPERM:
      return "cannot be watched by epoll (a regular file or a directory)";
    case ENOENT:
      return "was closed while registered, and is another file now";
    case ENOSPC:
      return "is one too many (/proc/sys/fs/epoll/max_user_watches)";
    default:
      return "cannot be watched";
  }
}

}  // namespace

EpollSelector::EpollSelector(int max_skips)
    : SystemSelector("EpollSelector", max_skips), epoll_(MakeEpoll()) {}

EpollSelector::~EpollSelector() { close(epoll_); }

int EpollSelector::MakeEpoll() const {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) Fail(errno, "epoll_create1");
  epoll_event event = {.events = EPOLLIN, .data = {.u64 = kWake}};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, wake_fd(), &event) < 0) {
    const int error = errno;
    close(epoll);
    Fail(error, "epoll_ctl");
  }
  return epoll;
}

void EpollSelector::Control(int epoll, int operation, int fd,
                            const Registration& registration) const {
  epoll_event event = {
      .events = PollBits(registration.events),
      .data = {.u64 = Token(fd, registration.generation)},
  };
  if (epoll_ctl(epoll, operation, fd, &event) == 0) return;
  const int error = errno;
  Refuse(error, fd, Explain(error));
}

void EpollSelector::DoRegister(int fd, const Registration& registration) {
  Control(epoll_, EPOLL_CTL_ADD, fd, registration);
}

void EpollSelector::DoModify(int fd, const Registration& registration) {
  Control(epoll_, EPOLL_CTL_MOD, fd, registration);
}

void EpollSelector::DoUnregister(int fd) {
  // The descriptor may be closed (EBADF), or its number be another file's by
  // now (ENOENT, EPERM): either way there is nothing to take back.
  epoll_event event = {};
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, &event);
}

// What the old epoll still knows by its number is what is in order.
void EpollSelector::Rebuild() {
  struct Fresh {
    int epoll;
    ~Fresh() { close(epoll); }
  } const fresh{MakeEpoll()};
  for (const SelectorKey& key : GetMap()) {
    epoll_event event = {};
    if (epoll_ctl(epoll_, EPOLL_CTL_DEL, key.fd, &event) < 0) continue;
    Control(fresh.epoll, EPOLL_CTL_ADD, key.fd, *Find(key.fd));
  }
  EndRests();
  if (dup3(fresh.epoll, epoll_, O_CLOEXEC) < 0) Fail(errno, "dup3");
}

int EpollSelector::DoSelect(std::optional<Nanoseconds> timeout) {
  std::array<epoll_event, kBatch> raw;
  int count = -1;
  const bool exact = timeout.has_value() && *timeout > Nanoseconds(0);
  if (has_pwait2_ && exact) {
    timespec spec;
    count = epoll_pwait2(epoll_, raw.data(), kBatch, ToTimespec(timeout, &spec),
                         nullptr);
    // EPERM: a sandbox's filter that does not know the call.
    if (count < 0 && (errno == ENOSYS || errno == EPERM)) has_pwait2_ = false;
  }
  if (!has_pwait2_ || !exact) {
    count = epoll_wait(epoll_, raw.data(), kBatch, Milliseconds(timeout));
  }
  if (count < 0) return -errno;
  int stale = 0;
  int resting = 0;
  for (int i = 0; i < count; ++i) {
    if (raw[i].data.u64 == kWake) {
      DrainWake();  // First: a Wake that comes between the two is this one's.
      EndWake();
      continue;
    }
    const int fd = static_cast<int>(raw[i].data.u64 & 0xffffffffu);
    const auto generation = static_cast<std::uint32_t>(raw[i].data.u64 >> 32);
    const Registration* const registration = Find(fd);
    if (registration != nullptr && registration->generation == generation)
        [[likely]] {
      Report(fd, MaskOf(raw[i].events));
    } else if (Disturb(fd, generation)) {
      ++resting;
    } else {
      ++stale;
    }
  }
  if (stale > 0) [[unlikely]] {
    Rebuild();
  }
  return count - stale - resting;
}

}  // namespace rondo
