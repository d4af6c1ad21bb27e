// The kernel's readiness: poll.
#ifndef RONDO_RUNTIME_POLL_SELECTOR_H_
#define RONDO_RUNTIME_POLL_SELECTOR_H_

#include <poll.h>

#include <cstddef>
#include <optional>
#include <vector>

#include "rondo/runtime/system_selector.h"

namespace rondo {

// Every call costs as much as there are descriptors registered, ready or not;
// registering costs next to nothing. For a few descriptors, or for what epoll
// refuses: regular files, which are always ready.
//
// A descriptor that was closed while registered (POLLNVAL) is not watched from
// then on.
//
// Source: selectors.PollSelector; differs: that reports POLLNVAL as readiness,
// for ever.
class PollSelector final : public SystemSelector {
 public:
  // Throws: std::system_error.
  explicit PollSelector(int max_skips = kDefaultSkips);

 protected:
  void DoRegister(int fd, const Registration& registration) override;
  void DoModify(int fd, const Registration& registration) override;
  void DoUnregister(int fd) override;
  int DoSelect(std::optional<Nanoseconds> timeout) override;

 private:
  // The place of `fd` in `polled_`.
  std::size_t& Place(int fd) { return places_[static_cast<std::size_t>(fd)]; }

  std::vector<pollfd> polled_;       // In no order; first the wake-up.
  std::vector<std::size_t> places_;  // By descriptor.
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_POLL_SELECTOR_H_
