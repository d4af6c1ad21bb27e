#include "rondo/runtime/system_selector.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "rondo/runtime/errors.h"

namespace rondo {
namespace {

// A loop that is never idle asks about this often.
constexpr std::int64_t kAskEvery = 20'000;

std::int64_t ReadClock(clockid_t clock) {
  timespec now = {};
  // tidy: allow(clock) the rest of a wait that a signal has cut short
  clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

SystemSelector::SystemSelector(const char* name, int max_skips)
    : name_(name), max_skips_(max_skips) {
  wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake_ < 0) Fail(errno, "eventfd");
}

SystemSelector::~SystemSelector() { close(wake_); }

void SystemSelector::Refuse(int error, int fd, const char* why) const {
  throw std::system_error(
      error, std::generic_category(),
      std::string(name_) + ": descriptor " + std::to_string(fd) + " " + why);
}

void SystemSelector::Fail(int error, const char* what) const {
  throw std::system_error(error, std::generic_category(),
                          std::string(name_) + ": " + what);
}

// ---- The table.

void SystemSelector::RequireEvents(unsigned events) {
  if (events != 0 && (events & ~(kReadable | kWritable)) == 0) return;
  throw ValueError("invalid events " + std::to_string(events) +
                   ": give kReadable, kWritable or both");
}

SystemSelector::Registration& SystemSelector::Require(int fd) {
  if (Find(fd) == nullptr) Refuse(ENOENT, fd, "is not registered");
  return table_[static_cast<std::size_t>(fd)];
}

void SystemSelector::Register(int fd, unsigned events) {
  RequireEvents(events);
  if (fd < 0) Refuse(EBADF, fd, "is not open");
  if (Find(fd) != nullptr) Refuse(EEXIST, fd, "is already registered");
  const auto index = static_cast<std::size_t>(fd);
  if (index >= table_.size()) {
    if (!IsOpen(fd)) Refuse(EBADF, fd, "is not open");  // No table for these.
    table_.resize(index + 1);
  }
  Registration& entry = table_[index];
  if (entry.resting != 0) return Resume(fd, entry, events);
  ++entry.generation;
  entry.gone = false;
  entry.events = static_cast<std::uint8_t>(events);
  try {
    DoRegister(fd, entry);
  } catch (...) {
    entry.events = 0;
    throw;
  }
}

void SystemSelector::Modify(int fd, unsigned events) {
  RequireEvents(events);
  Registration& entry = Require(fd);
  if (entry.events == events) return;
  if (entry.gone) {
    if (!IsOpen(fd)) Refuse(EBADF, fd, "was closed while it was registered");
    Refuse(ENOENT, fd, "was closed while registered, and is another file now");
  }
  const Registration before = entry;
  ++entry.generation;
  entry.events = static_cast<std::uint8_t>(events);
  try {
    DoModify(fd, entry);
  } catch (...) {
    entry = before;
    throw;
  }
}

void SystemSelector::Unregister(int fd) {
  Registration& entry = Require(fd);
  entry.events = 0;
  if (!entry.gone) DoUnregister(fd);
}

void SystemSelector::Resume(int fd, Registration& entry, unsigned events) {
  const unsigned before = std::exchange(entry.resting, 0);
  entry.events = static_cast<std::uint8_t>(events);
  if (before == events) return;
  ++entry.generation;
  try {
    DoModify(fd, entry);
  } catch (...) {
    entry.events = 0;
    throw;
  }
}

void SystemSelector::Rest(int fd) {
  Registration& entry = Require(fd);
  if (!keeps_resting() || entry.gone) return Unregister(fd);
  entry.resting = std::exchange(entry.events, 0);
  entry.disturbed = 0;
}

void SystemSelector::Forget(int fd) {
  if (fd < 0 || static_cast<std::size_t>(fd) >= table_.size()) return;
  Registration& entry = table_[static_cast<std::size_t>(fd)];
  entry.resting = 0;  // The kernel forgets it with its file.
}

bool SystemSelector::Disturb(int fd, std::uint32_t generation) {
  Registration& entry = table_[static_cast<std::size_t>(fd)];
  if (entry.resting == 0 || entry.generation != generation) return false;
  if (entry.disturbed++ < kDisturbances) return true;
  entry.resting = 0;
  DoUnregister(fd);
  return true;
}

void SystemSelector::EndRests() {
  for (Registration& entry : table_) entry.resting = 0;
}

std::optional<SelectorKey> SystemSelector::GetKey(int fd) const {
  const Registration* const entry = Find(fd);
  if (entry == nullptr) return std::nullopt;
  return SelectorKey{fd, entry->events};
}

std::vector<SelectorKey> SystemSelector::GetMap() const {
  std::vector<SelectorKey> keys;
  for (std::size_t i = 0; i < table_.size(); ++i) {
    if (table_[i].events == 0) continue;
    keys.push_back({static_cast<int>(i), table_[i].events});
  }
  return keys;
}

// ---- The wait.

bool SystemSelector::MaySkip() {
  if (skips_ >= limit_) return false;
  if (wake_pending_.load(std::memory_order_relaxed)) return false;
  if (ReadClock(CLOCK_MONOTONIC_COARSE) != tick_) return false;
  ++skips_;
  passes_ = std::min(kPasses, limit_ - skips_);
  skips_ += passes_;
  return true;
}

void SystemSelector::Pace() {
  const std::int64_t now = ReadClock(CLOCK_MONOTONIC);
  const std::int64_t passed = now - asked_;
  asked_ = now;
  tick_ = ReadClock(CLOCK_MONOTONIC_COARSE);
  limit_ = passed < kAskEvery ? 2 * skips_ + 1
                              : static_cast<int>(skips_ * kAskEvery / passed);
  limit_ = std::min(limit_, max_skips_);
}

std::span<const ReadyEvent> SystemSelector::Select(
    std::optional<Nanoseconds> timeout) {
  ready_.clear();
  passes_ = 0;
  const bool at_once = timeout.has_value() && *timeout <= Nanoseconds(0);
  if (at_once && MaySkip()) return ready_;
  Wait(timeout);
  if (at_once) Pace();
  skips_ = 0;
  const auto lower = [](const ReadyEvent& a, const ReadyEvent& b) {
    return a.fd < b.fd;
  };
  if (!std::is_sorted(ready_.begin(), ready_.end(), lower)) {
    std::sort(ready_.begin(), ready_.end(), lower);
  }
  return ready_;
}

void SystemSelector::Wait(std::optional<Nanoseconds> timeout) {
  const bool at_once = timeout.has_value() && *timeout <= Nanoseconds(0);
  const bool bounded = timeout.has_value() && !at_once;
  const std::int64_t start = bounded ? ReadClock(CLOCK_MONOTONIC) : 0;
  std::optional<Nanoseconds> left = timeout;
  for (;;) {
    const int count = DoSelect(left);
    if (count > 0 || (count == 0 && at_once)) return;
    if (count < 0 && count != -EINTR) Fail(-count, "waiting");
    if (bounded) {
      const Nanoseconds passed(ReadClock(CLOCK_MONOTONIC) - start);
      if (passed >= *timeout) return;
      left = *timeout - passed;
    }
  }
}

// ---- The wake-up.

void SystemSelector::Wake() {
  if (wake_pending_.exchange(true, std::memory_order_acq_rel)) return;
  const int saved = errno;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = write(wake_, &one, sizeof(one));
  errno = saved;
}

void SystemSelector::DrainWake() {
  std::uint64_t value = 0;
  [[maybe_unused]] const ssize_t n = read(wake_, &value, sizeof(value));
}

bool SystemSelector::EndWake() {
  return wake_pending_.exchange(false, std::memory_order_acq_rel);
}

// ---- The kernel's words.

unsigned SystemSelector::PollBits(unsigned events) {
  unsigned bits = 0;
  if (events & kReadable) bits |= POLLIN;
  if (events & kWritable) bits |= POLLOUT;
  return bits;
}

unsigned SystemSelector::MaskOf(unsigned poll_bits) {
  unsigned mask = 0;
  if (poll_bits & ~unsigned{POLLOUT}) mask |= kReadable;
  if (poll_bits & ~unsigned{POLLIN}) mask |= kWritable;
  return mask;
}

const timespec* SystemSelector::ToTimespec(std::optional<Nanoseconds> timeout,
                                           timespec* result) {
  if (!timeout.has_value()) return nullptr;
  const std::int64_t ns = std::max<std::int64_t>(timeout->count(), 0);
  *result = {.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
  return result;
}

bool SystemSelector::IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

}  // namespace rondo
