// The kernel's readiness: select.
#ifndef RONDO_RUNTIME_SELECT_SELECTOR_H_
#define RONDO_RUNTIME_SELECT_SELECTOR_H_

#include <sys/select.h>

#include <optional>

#include "rondo/runtime/system_selector.h"

namespace rondo {

// It takes descriptors below FD_SETSIZE (1024) only, its own included: EINVAL
// for others. Every call costs as much as the highest of them. It is here to
// compare with, and for descriptors that nothing else takes.
//
// Descriptors that were closed while registered (EBADF) are not watched from
// then on. A hang-up that is no error is told to readers only: the read end of
// a pipe whose writers are gone does not become writable.
//
// Source: selectors.SelectSelector; differs: that throws EBADF out of Select,
// and EINVAL too.
class SelectSelector final : public SystemSelector {
 public:
  // Throws: std::system_error.
  explicit SelectSelector(int max_skips = kDefaultSkips);

 protected:
  void DoRegister(int fd, const Registration& registration) override;
  void DoModify(int fd, const Registration& registration) override;
  void DoUnregister(int fd) override;
  int DoSelect(std::optional<Nanoseconds> timeout) override;

 private:
  // Watches `fd` for `events`, which may be none.
  void Set(int fd, unsigned events);
  // Finds those that were closed. Returns whether there are any.
  bool DropClosed();

  fd_set read_;
  fd_set write_;
  int end_ = 0;  // Above all that are watched.
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_SELECT_SELECTOR_H_
