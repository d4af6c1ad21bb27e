#include "rondo/runtime/poll_selector.h"

#include <cerrno>

namespace rondo {

PollSelector::PollSelector(int max_skips)
    : SystemSelector("PollSelector", max_skips) {
  polled_.push_back({.fd = wake_fd(), .events = POLLIN, .revents = 0});
}

void PollSelector::DoRegister(int fd, const Registration& registration) {
  if (!IsOpen(fd)) Refuse(EBADF, fd, "is not open");
  if (static_cast<std::size_t>(fd) >= places_.size()) {
    places_.resize(static_cast<std::size_t>(fd) + 1);
  }
  polled_.push_back(
      {.fd = fd,
       .events = static_cast<short>(PollBits(registration.events)),
       .revents = 0});
  Place(fd) = polled_.size() - 1;
}

void PollSelector::DoModify(int fd, const Registration& registration) {
  if (!IsOpen(fd)) Refuse(EBADF, fd, "was closed while it was registered");
  polled_[Place(fd)].events = static_cast<short>(PollBits(registration.events));
}

void PollSelector::DoUnregister(int fd) {
  const std::size_t place = Place(fd);
  polled_[place] = polled_.back();
  Place(polled_[place].fd) = place;
  polled_.pop_back();
}

int PollSelector::DoSelect(std::optional<Nanoseconds> timeout) {
  timespec spec;
  const int count = ppoll(polled_.data(), polled_.size(),
                          ToTimespec(timeout, &spec), nullptr);
  if (count < 0) return -errno;
  int gone = 0;
  // Backwards: what fills the place of one that is gone has been looked at.
  for (std::size_t i = polled_.size(); i-- > 1;) {
    const pollfd polled = polled_[i];
    if (polled.revents == 0) continue;
    if ((polled.revents & POLLNVAL) != 0) {
      MarkGone(polled.fd);
      DoUnregister(polled.fd);
      ++gone;
    } else {
      Report(polled.fd, MaskOf(static_cast<unsigned short>(polled.revents)));
    }
  }
  if (polled_[0].revents != 0) {
    DrainWake();  // First: a Wake that comes between the two is this one's.
    EndWake();
  }
  return count - gone;
}

}  // namespace rondo
