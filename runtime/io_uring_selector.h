// The kernel's readiness: io_uring, by its poll requests.
#ifndef RONDO_RUNTIME_IO_URING_SELECTOR_H_
#define RONDO_RUNTIME_IO_URING_SELECTOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "rondo/runtime/system_selector.h"

struct io_uring;
struct io_uring_cqe;
struct io_uring_sqe;

namespace rondo {

// A registration is a poll request, armed once: whatever has completed is
// armed anew by the next Select, together with what has changed, in the one
// system call that waits. So Select tells what is ready now, as the others do,
// not what was ready when the kernel said so. A zero timeout takes no system
// call at all if nothing is to be armed and nothing has happened.
//
// An Unregister of what is armed, not of what has just been reported, is a
// system call: the kernel lets go of the file before the descriptor is closed.
//
// More than `entries` requests to arm, or four times as many that complete at
// once, take more system calls; nothing is lost. So does a Select on another
// thread than the last: requests belong to a thread.
//
// Linux 5.13 or later, if the system allows it. liburing does the rest.
class IoUringSelector final : public SystemSelector {
 public:
  static constexpr unsigned kDefaultEntries = 1024;

  // Throws: std::system_error: ENOSYS (no io_uring here, or an old one), EPERM
  // (it is forbidden), ENOMEM, EMFILE.
  explicit IoUringSelector(int max_skips = kDefaultSkips,
                           unsigned entries = kDefaultEntries);
  ~IoUringSelector() override;

 protected:
  void DoRegister(int fd, const Registration& registration) override;
  void DoModify(int fd, const Registration& registration) override;
  void DoUnregister(int fd) override;
  int DoSelect(std::optional<Nanoseconds> timeout) override;

 private:
  // The request of a descriptor.
  struct Poll {
    std::uint32_t generation = 0;  // Tells it from earlier ones.
    bool armed = false;            // The kernel has it.
    bool listed = false;           // It is in `changed_` or `arming_`.
    bool for_changes = false;      // What is now is known, and not asked for.
  };

  Poll& PollOf(int fd);

  // A free request. `select`: as for Take, if the kernel must take some first.
  io_uring_sqe* NextRequest(bool select);
  // Has the next Select arm `fd`.
  void List(int fd);
  void ArmListed();
  void ArmWake();
  // Gives up the request of `fd`. Returns whether there was one.
  bool Cancel(int fd, bool select);
  // From now on the requests are this thread's.
  void Adopt();

  // Takes what has completed. `select`: since Select has begun, so that it is
  // to be reported.
  void Take(bool select);
  void Complete(const io_uring_cqe& completion, bool select);
  // Submits, and waits for something to complete. Returns zero or -errno.
  int Enter(std::optional<Nanoseconds> timeout);

  std::unique_ptr<io_uring> ring_;
  std::vector<Poll> polls_;  // By descriptor.
  std::vector<int> changed_;
  std::vector<int> arming_;  // While Select does so.
  Poll wake_poll_;
  bool woken_ = false;
  std::uint64_t thread_ = 0;  // Whose requests they are.
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_IO_URING_SELECTOR_H_
