// What the machine's selectors (epoll, poll, select, io_uring) have in common:
// the table of registrations, the wake-up, waits that nothing cuts short, and
// the order of events.
//
// Which descriptors come, and in which order, does not depend on the selector:
//   - Level-triggered: what is ready when it is asked, and only that.
//   - In ascending order of descriptors, as in a simulation; each once.
//   - POLLHUP and POLLERR count as whichever directions are registered, so
//     that whoever waits tries, and finds out. (A hang-up without an error is
//     told by select to readers only.)
//   - A regular file is always ready. But not to epoll, which refuses it
//     (EPERM).
//   - A timeout is never cut short: it has nanoseconds where the kernel takes
//     them, else it is rounded up; a signal does not end it.
//
// A descriptor is to be unregistered before it is closed. One that is closed
// first is not reported any more, once the selector finds out; it stays
// registered until Unregister, which does not mind. Until then
//   - if a duplicate keeps the file open, epoll goes on reporting it;
//   - if its number becomes another file's, all but epoll may watch that one;
//   - io_uring holds the file: its other end sees no end of file; and it may
//     be reported once more.
// Nothing of that is left after Unregister. (After Rest and Forget a duplicate
// costs epoll one event that nobody sees.)
//
// A loop that always has something to run would ask at every turn, and a
// system call a turn is most of what such a turn costs. So a zero timeout may
// be answered with nothing, without asking, as many times running as fit into
// 20 us at the pace since the last system call; but never after a Wake, and
// only a few times once the coarse clock has ticked (every 1 to 4 ms). A loop
// may pass over most of these calls altogether (TakePasses).
//
// Thread-safety: Wake may be called from any thread and from a signal handler.
// Source: selectors._BaseSelectorImpl; differs: KeyError is std::system_error
// with EEXIST or ENOENT, and a Modify that fails changes nothing.
#ifndef RONDO_RUNTIME_SYSTEM_SELECTOR_H_
#define RONDO_RUNTIME_SYSTEM_SELECTOR_H_

#include <time.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rondo/runtime/selector.h"

namespace rondo {

// What is registered. Source: selectors.SelectorKey.
struct SelectorKey {
  int fd = -1;
  unsigned events = 0;

  friend bool operator==(const SelectorKey&, const SelectorKey&) = default;
};

class SystemSelector : public Selector {
 public:
  // How many zero timeouts running may go unasked.
  static constexpr int kDefaultSkips = 1023;

  ~SystemSelector() override;
  SystemSelector(const SystemSelector&) = delete;
  SystemSelector& operator=(const SystemSelector&) = delete;

  // Whatever is wrong changes nothing, and is found; but that a number is
  // another file's by now only if a Select has found it closed.
  // Throws: ValueError if `events` is empty or has other bits;
  // std::system_error, with the descriptor in its message: EEXIST and ENOENT
  // (registered, not registered), EBADF (not open), EPERM, EINVAL (this
  // selector cannot watch it), or what else the kernel says.
  void Register(int fd, unsigned events) final;
  void Modify(int fd, unsigned events) final;
  void Unregister(int fd) final;
  void Rest(int fd) final;
  void Forget(int fd) final;

  std::span<const ReadyEvent> Select(std::optional<Nanoseconds> timeout) final;
  void Wake() final;

  // What `fd` is registered for; no value if it is not.
  std::optional<SelectorKey> GetKey(int fd) const;
  // All that is registered now, in ascending order.
  std::vector<SelectorKey> GetMap() const;

  // The class's.
  const char* name() const { return name_; }

 protected:
  struct Registration {
    std::uint32_t generation = 0;  // Tells it from earlier ones of the number.
    std::uint8_t events = 0;       // Zero: there is none.
    std::uint8_t resting = 0;      // What it was for, if the kernel has it yet,
    std::uint8_t disturbed = 0;    // and how often it was told of it.
    bool gone = false;             // Its descriptor was found closed.
  };

  // Throws: std::system_error.
  SystemSelector(const char* name, int max_skips);

  // The kernel's side of the three. May throw; `fd` is in order, and not gone.
  virtual void DoRegister(int fd, const Registration& registration) = 0;
  virtual void DoModify(int fd, const Registration& registration) = 0;
  virtual void DoUnregister(int fd) = 0;
  // Whether the kernel's side may be left as it is while one rests: then
  // DoSelect calls Disturb for what it is told of it.
  virtual bool keeps_resting() const { return false; }
  // Waits once, and calls Report for all that is ready. Returns a positive
  // number if something is or a Wake has come, zero if the time is over or
  // there was something else, or -errno.
  virtual int DoSelect(std::optional<Nanoseconds> timeout) = 0;

  // Null if there is none.
  const Registration* Find(int fd) const {
    if (static_cast<std::size_t>(fd) >= table_.size()) return nullptr;
    const Registration& entry = table_[static_cast<std::size_t>(fd)];
    return entry.events == 0 ? nullptr : &entry;
  }
  // `mask` is cut down to what is registered.
  void Report(int fd, unsigned mask) {
    ready_.push_back({fd, mask & table_[static_cast<std::size_t>(fd)].events});
  }
  bool has_reported() const { return !ready_.empty(); }
  // Ends the rest of the registration of `fd` that has this generation, unless
  // it has hardly begun. False: there is none.
  bool Disturb(int fd, std::uint32_t generation);
  // None rests any more: the kernel has forgotten them.
  void EndRests();
  // `fd` was found closed: from now on it is not watched.
  void MarkGone(int fd) { table_[static_cast<std::size_t>(fd)].gone = true; }

  // Readable once Wake was called, until it is drained.
  int wake_fd() const { return wake_; }
  void DrainWake();
  // The next Wake is another one. Returns whether there was one.
  bool EndWake();

  // The bits of poll (and of epoll) for an interest, and back.
  static unsigned PollBits(unsigned events);
  static unsigned MaskOf(unsigned poll_bits);
  // Null for ever.
  static const timespec* ToTimespec(std::optional<Nanoseconds> timeout,
                                    timespec* result);
  static bool IsOpen(int fd);
  // Throws std::system_error with `error`: "Name: descriptor 7 WHY".
  [[noreturn]] void Refuse(int error, int fd, const char* why) const;
  // The same of no descriptor: "Name: WHAT".
  [[noreturn]] void Fail(int error, const char* what) const;

 private:
  // How often what rests may be ready: a connection that was made, or has been
  // read to its end, is a transport's, or closed, a few turns later.
  static constexpr int kDisturbances = 2;
  // How many calls a loop may pass over after one that was skipped.
  static constexpr int kPasses = 31;

  // Takes up a registration that rests.
  void Resume(int fd, Registration& entry, unsigned events);
  // The registration that is to be changed.
  Registration& Require(int fd);
  static void RequireEvents(unsigned events);
  bool MaySkip();
  // Sets how many calls may be skipped next.
  void Pace();
  void Wait(std::optional<Nanoseconds> timeout);

  const char* const name_;
  const int max_skips_;
  int wake_ = -1;
  std::atomic<bool> wake_pending_ = false;
  int skips_ = 0;                    // Since the last system call,
  int limit_ = 1;                    // and how many there may be.
  std::int64_t asked_ = 0;           // The time of that call,
  std::int64_t tick_ = 0;            // and by the coarse clock.
  std::vector<Registration> table_;  // By descriptor.
  std::vector<ReadyEvent> ready_;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_SYSTEM_SELECTOR_H_
