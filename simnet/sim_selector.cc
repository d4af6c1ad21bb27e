#include "rondo/simnet/sim_selector.h"

#include <bit>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "rondo/runtime/errors.h"

namespace rondo {
namespace {

[[noreturn]] void ThrowError(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), what);
}

}  // namespace

SimSelector::Descriptor& SimSelector::Find(int fd) {
  if (fd < 0 || static_cast<std::size_t>(fd) >= descriptors_.size() ||
      !descriptors_[fd].open) {
    ThrowError(EBADF, "selector");
  }
  return descriptors_[fd];
}

void SimSelector::Register(int fd, unsigned events) {
  Descriptor& descriptor = Find(fd);
  if (descriptor.interest != 0) ThrowError(EEXIST, "selector");
  descriptor.interest = static_cast<std::uint8_t>(events);
  Update(fd, descriptor);
}

void SimSelector::Modify(int fd, unsigned events) {
  Descriptor& descriptor = Find(fd);
  if (descriptor.interest == 0) ThrowError(ENOENT, "selector");
  descriptor.interest = static_cast<std::uint8_t>(events);
  Update(fd, descriptor);
}

void SimSelector::Unregister(int fd) {
  if (fd < 0 || static_cast<std::size_t>(fd) >= descriptors_.size()) return;
  descriptors_[fd].interest = 0;
  Update(fd, descriptors_[fd]);
}

void SimSelector::Open(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= descriptors_.size()) {
    descriptors_.resize(index + 1);
    ready_bits_.resize(index / 64 + 1);
  }
  descriptors_[index] = {.open = true};
}

void SimSelector::SetReadiness(int fd, unsigned mask) {
  Descriptor& descriptor = descriptors_[fd];
  if (descriptor.readiness == mask) return;
  descriptor.readiness = static_cast<std::uint8_t>(mask);
  Update(fd, descriptor);
}

void SimSelector::Closed(int fd) {
  descriptors_[fd] = {};
  Update(fd, descriptors_[fd]);
}

void SimSelector::Update(int fd, const Descriptor& descriptor) {
  std::uint64_t& word = ready_bits_[static_cast<std::size_t>(fd) / 64];
  const std::uint64_t bit = std::uint64_t{1} << (fd % 64);
  const bool was = (word & bit) != 0;
  const bool is = (descriptor.interest & descriptor.readiness) != 0;
  if (was == is) return;
  word ^= bit;
  is ? ++ready_count_ : --ready_count_;
  if (is && ready_count_ == 1 && listener_ != nullptr) listener_->OnReady();
}

void SimSelector::Collect() {
  ready_.clear();
  for (std::size_t i = 0; ready_.size() < ready_count_; ++i) {
    for (std::uint64_t word = ready_bits_[i]; word != 0; word &= word - 1) {
      const int fd = static_cast<int>(i * 64) + std::countr_zero(word);
      const Descriptor& descriptor = descriptors_[fd];
      ready_.push_back(
          {fd, unsigned{descriptor.interest} & descriptor.readiness});
    }
  }
}

std::span<const ReadyEvent> SimSelector::Select(
    std::optional<Nanoseconds> timeout) {
  if (queue_ != nullptr) {
    WaitAlone(timeout);
  } else if (!HasReady() && timeout != Nanoseconds(0)) {
    throw std::logic_error(
        "SimSelector::Select would wait, but nobody moves the time: a "
        "Simulation asks with a zero timeout; DriveAlone is for a loop alone");
  }
  // Exchanging would cost more than the rest.
  if (woken_.load(std::memory_order_acquire)) {
    woken_.exchange(false, std::memory_order_acq_rel);
  }
  Collect();
  return ready_;
}

void SimSelector::WaitAlone(std::optional<Nanoseconds> timeout) {
  const Nanoseconds start = time_->now();
  for (;;) {
    // All that is due by now has happened before anybody is told.
    while (!queue_->empty() && *queue_->earliest() <= time_->now()) {
      queue_->PopEarliest()->Happen();
    }
    if (HasReady()) return;
    const std::optional<Nanoseconds> next = queue_->earliest();
    if (timeout.has_value() &&
        (!next.has_value() || *next > start + *timeout)) {
      time_->AdvanceTo(start + *timeout);
      return;
    }
    if (!next.has_value()) {
      throw DeadlockError(
          "deadlock: nothing is ready, no timer is armed, nothing is under "
          "way");
    }
    time_->AdvanceTo(*next);
  }
}

}  // namespace rondo
