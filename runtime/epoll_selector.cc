#include "rondo/runtime/epoll_selector.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <system_error>

namespace rondo {
namespace {

// A loop that is never idle asks about this often.
constexpr std::int64_t kAskEvery = 20'000;

// What one call brings at most; the rest comes with the next.
constexpr int kBatch = 256;

std::int64_t ReadClock(clockid_t clock) {
  timespec now = {};
  // tidy: allow(clock) the rest of a wait that a signal has cut short
  clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

[[noreturn]] void ThrowErrno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// The interest travels with the event: no table by descriptor is needed.
epoll_event MakeEvent(int fd, unsigned events) {
  epoll_event event = {};
  if (events & kReadable) event.events |= EPOLLIN;
  if (events & kWritable) event.events |= EPOLLOUT;
  event.data.u64 = static_cast<std::uint32_t>(fd) | std::uint64_t{events} << 32;
  return event;
}

unsigned MaskOf(std::uint32_t bits) {
  unsigned mask = 0;
  if (bits & ~std::uint32_t{EPOLLOUT}) mask |= kReadable;
  if (bits & ~std::uint32_t{EPOLLIN}) mask |= kWritable;
  return mask;
}

}  // namespace

EpollSelector::EpollSelector(int max_skips) : max_skips_(max_skips) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) ThrowErrno("epoll_create1");
  wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  epoll_event event = MakeEvent(wake_, kReadable);
  if (wake_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) < 0) {
    const int error = errno;
    if (wake_ >= 0) close(wake_);
    close(epoll_);
    errno = error;
    ThrowErrno("eventfd");
  }
  ready_.reserve(kBatch);
}

EpollSelector::~EpollSelector() {
  close(wake_);
  close(epoll_);
}

void EpollSelector::Control(int operation, int fd, unsigned events) {
  epoll_event event = MakeEvent(fd, events);
  if (epoll_ctl(epoll_, operation, fd, &event) < 0) ThrowErrno("epoll_ctl");
}

void EpollSelector::Register(int fd, unsigned events) {
  Control(EPOLL_CTL_ADD, fd, events);
}

void EpollSelector::Modify(int fd, unsigned events) {
  Control(EPOLL_CTL_MOD, fd, events);
}

void EpollSelector::Unregister(int fd) {
  // The descriptor may be closed (EBADF), or its number be another file's by
  // now (ENOENT, EPERM): either way epoll has forgotten it.
  epoll_event event = {};
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, &event);
}

bool EpollSelector::MaySkip() {
  if (skips_ >= limit_) return false;
  if (wake_pending_.load(std::memory_order_relaxed)) return false;
  if (ReadClock(CLOCK_MONOTONIC_COARSE) != tick_) return false;
  ++skips_;
  passes_ = std::min(kPasses, limit_ - skips_);
  skips_ += passes_;
  return true;
}

void EpollSelector::Pace() {
  const std::int64_t now = ReadClock(CLOCK_MONOTONIC);
  const std::int64_t passed = now - asked_;
  asked_ = now;
  tick_ = ReadClock(CLOCK_MONOTONIC_COARSE);
  limit_ = passed < kAskEvery ? 2 * skips_ + 1
                              : static_cast<int>(skips_ * kAskEvery / passed);
  limit_ = std::min(limit_, max_skips_);
}

std::span<const ReadyEvent> EpollSelector::Select(
    std::optional<Nanoseconds> timeout) {
  ready_.clear();
  passes_ = 0;
  const bool at_once = timeout.has_value() && *timeout <= Nanoseconds(0);
  if (at_once && MaySkip()) return ready_;
  Wait(timeout);
  if (at_once) Pace();
  skips_ = 0;
  return ready_;
}

void EpollSelector::Wait(std::optional<Nanoseconds> timeout) {
  const bool bounded = timeout.has_value() && *timeout > Nanoseconds(0);
  const std::int64_t start = bounded ? ReadClock(CLOCK_MONOTONIC) : 0;
  std::optional<Nanoseconds> left = timeout;
  for (;;) {
    const int count = WaitOnce(left);
    if (count > 0 || (count == 0 && !bounded)) return;
    if (count < 0 && count != -EINTR) {
      errno = -count;
      ThrowErrno("epoll_wait");
    }
    if (bounded) {
      const Nanoseconds passed(ReadClock(CLOCK_MONOTONIC) - start);
      if (passed >= *timeout) return;
      left = *timeout - passed;
    }
  }
}

int EpollSelector::WaitOnce(std::optional<Nanoseconds> timeout) {
  std::array<epoll_event, kBatch> raw;
  int count = -1;
  const std::int64_t ns =
      timeout.has_value() ? std::max<std::int64_t>(timeout->count(), 0) : -1;
  if (has_pwait2_ && ns > 0) {
    const timespec spec = {.tv_sec = ns / 1'000'000'000,
                           .tv_nsec = ns % 1'000'000'000};
    count = epoll_pwait2(epoll_, raw.data(), kBatch, &spec, nullptr);
    // EPERM: a sandbox's filter that does not know the call.
    if (count < 0 && (errno == ENOSYS || errno == EPERM)) has_pwait2_ = false;
  }
  if (!has_pwait2_ || ns <= 0) {
    const std::int64_t ms =
        ns < 0 ? -1 : ns / 1'000'000 + (ns % 1'000'000 != 0);
    count = epoll_wait(epoll_, raw.data(), kBatch,
                       static_cast<int>(std::min<std::int64_t>(ms, INT_MAX)));
  }
  if (count < 0) return -errno;
  for (int i = 0; i < count; ++i) {
    const int fd = static_cast<int>(raw[i].data.u64 & 0xffffffffu);
    if (fd == wake_) {
      std::uint64_t value = 0;
      [[maybe_unused]] const ssize_t n = read(wake_, &value, sizeof(value));
      // After the read: a Wake that comes between the two is this one's.
      wake_pending_.exchange(false, std::memory_order_acq_rel);
      continue;
    }
    const auto interest = static_cast<unsigned>(raw[i].data.u64 >> 32);
    ready_.push_back({fd, MaskOf(raw[i].events) & interest});
  }
  return count;
}

void EpollSelector::Wake() {
  if (wake_pending_.exchange(true, std::memory_order_acq_rel)) return;
  const int saved = errno;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = write(wake_, &one, sizeof(one));
  errno = saved;
}

}  // namespace rondo
