#include "rondo/runtime/select_selector.h"

#include <algorithm>
#include <cerrno>

namespace rondo {

SelectSelector::SelectSelector(int max_skips)
    : SystemSelector("SelectSelector", max_skips) {
  FD_ZERO(&read_);
  FD_ZERO(&write_);
  if (wake_fd() >= FD_SETSIZE) {
    Refuse(EINVAL, wake_fd(), "(its own) is not below FD_SETSIZE");
  }
  Set(wake_fd(), kReadable);
}

void SelectSelector::Set(int fd, unsigned events) {
  FD_CLR(fd, &read_);
  FD_CLR(fd, &write_);
  if (events & kReadable) FD_SET(fd, &read_);
  if (events & kWritable) FD_SET(fd, &write_);
  end_ = std::max(end_, fd + 1);
  const auto watched = [&](int i) {
    return FD_ISSET(i, &read_) || FD_ISSET(i, &write_);
  };
  while (end_ > 0 && !watched(end_ - 1)) --end_;
}

void SelectSelector::DoRegister(int fd, const Registration& registration) {
  if (fd >= FD_SETSIZE) {
    Refuse(EINVAL, fd, "is not below FD_SETSIZE: take another selector");
  }
  if (!IsOpen(fd)) Refuse(EBADF, fd, "is not open");
  Set(fd, registration.events);
}

void SelectSelector::DoModify(int fd, const Registration& registration) {
  if (!IsOpen(fd)) Refuse(EBADF, fd, "was closed while it was registered");
  Set(fd, registration.events);
}

void SelectSelector::DoUnregister(int fd) { Set(fd, 0); }

bool SelectSelector::DropClosed() {
  bool found = false;
  for (const SelectorKey& key : GetMap()) {
    if (Find(key.fd)->gone || IsOpen(key.fd)) continue;
    MarkGone(key.fd);
    Set(key.fd, 0);
    found = true;
  }
  return found;
}

int SelectSelector::DoSelect(std::optional<Nanoseconds> timeout) {
  timespec spec;
  const timespec* const wait = ToTimespec(timeout, &spec);
  fd_set read;
  fd_set write;
  int count;
  do {
    read = read_;
    write = write_;
    count = pselect(end_, &read, &write, nullptr, wait, nullptr);
  } while (count < 0 && errno == EBADF && DropClosed());
  if (count < 0) return -errno;
  if (count > 0 && FD_ISSET(wake_fd(), &read)) {
    DrainWake();  // First: a Wake that comes between the two is this one's.
    EndWake();
    FD_CLR(wake_fd(), &read);
  }
  int left = count;  // Bits, of which an fd may have two.
  for (int fd = 0; fd < end_ && left > 0; ++fd) {
    const unsigned mask = (FD_ISSET(fd, &read) ? kReadable : 0) |
                          (FD_ISSET(fd, &write) ? kWritable : 0);
    if (mask == 0) continue;
    left -= mask == (kReadable | kWritable) ? 2 : 1;
    Report(fd, mask);
  }
  return count;
}

}  // namespace rondo
