// The kernel's readiness: epoll, level-triggered.
#ifndef RONDO_RUNTIME_EPOLL_SELECTOR_H_
#define RONDO_RUNTIME_EPOLL_SELECTOR_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "rondo/runtime/selector.h"

namespace rondo {

// Events come in the kernel's order. EPOLLHUP and EPOLLERR count as whichever
// directions are registered. A timeout is never cut short: it has nanoseconds
// where the kernel takes them (epoll_pwait2, Linux 5.11), else it is rounded
// up to milliseconds.
//
// A loop that always has something to run would ask at every turn, and a
// system call a turn is most of what such a turn costs. So a zero timeout may
// be answered with nothing, without asking, as many times running as fit into
// 20 us at the pace since the last system call; but never after a Wake, and
// only a few times once the coarse clock has ticked (every 1 to 4 ms). A loop
// may pass over most of these calls altogether (TakePasses).
//
// A descriptor that was closed while registered has left epoll by itself;
// Unregister of it does nothing.
//
// Thread-safety: Wake may be called from any thread and from a signal handler.
// Source: selectors.EpollSelector.
class EpollSelector final : public Selector {
 public:
  static constexpr int kDefaultSkips = 1023;

  // `max_skips`: how many zero timeouts running may go unasked.
  // Throws: std::system_error.
  explicit EpollSelector(int max_skips = kDefaultSkips);
  ~EpollSelector() override;
  EpollSelector(const EpollSelector&) = delete;
  EpollSelector& operator=(const EpollSelector&) = delete;

  void Register(int fd, unsigned events) override;
  void Modify(int fd, unsigned events) override;
  void Unregister(int fd) override;
  std::span<const ReadyEvent> Select(
      std::optional<Nanoseconds> timeout) override;
  void Wake() override;

 private:
  // How many calls a loop may pass over after one that was skipped.
  static constexpr int kPasses = 31;

  bool MaySkip();
  // Sets how many calls may be skipped next.
  void Pace();
  // Fills `ready_`.
  void Wait(std::optional<Nanoseconds> timeout);
  // One system call. Returns how many events came, or -errno.
  int WaitOnce(std::optional<Nanoseconds> timeout);
  void Control(int operation, int fd, unsigned events);

  const int max_skips_;
  int epoll_ = -1;
  int wake_ = -1;
  bool has_pwait2_ = true;
  std::atomic<bool> wake_pending_ = false;
  int skips_ = 0;           // Since the last system call,
  int limit_ = 1;           // and how many there may be.
  std::int64_t asked_ = 0;  // The time of that call,
  std::int64_t tick_ = 0;   // and by the coarse clock.
  std::vector<ReadyEvent> ready_;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_EPOLL_SELECTOR_H_
