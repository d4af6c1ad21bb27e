// The kernel's readiness: epoll, level-triggered. The default.
#ifndef RONDO_RUNTIME_EPOLL_SELECTOR_H_
#define RONDO_RUNTIME_EPOLL_SELECTOR_H_

#include <cstdint>
#include <optional>

#include "rondo/runtime/system_selector.h"

namespace rondo {

// At most 256 descriptors come with one call, the rest with the next. Where
// there is no epoll_pwait2 (before Linux 5.11) timeouts are rounded up to
// milliseconds.
//
// A file that was closed while registered has left epoll by itself, unless a
// duplicate keeps it open: then epoll goes on reporting it, under its old
// number, for ever. As soon as that comes after Unregister, a new epoll takes
// the place and the number of the old one, with all that is in order.
//
// Source: selectors.EpollSelector.
class EpollSelector final : public SystemSelector {
 public:
  // Throws: std::system_error.
  explicit EpollSelector(int max_skips = kDefaultSkips);
  ~EpollSelector() override;

 protected:
  void DoRegister(int fd, const Registration& registration) override;
  void DoModify(int fd, const Registration& registration) override;
  void DoUnregister(int fd) override;
  bool keeps_resting() const override { return true; }
  int DoSelect(std::optional<Nanoseconds> timeout) override;

 private:
  // A new one, which sees wake-ups.
  int MakeEpoll() const;
  void Rebuild();
  void Control(int epoll, int operation, int fd,
               const Registration& registration) const;

  int epoll_ = -1;
  bool has_pwait2_ = true;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_EPOLL_SELECTOR_H_
