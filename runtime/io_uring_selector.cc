#include "rondo/runtime/io_uring_selector.h"

#include <liburing.h>
#include <poll.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "rondo/runtime/thread_number.h"

namespace rondo {
namespace {

// What completions are of that are no descriptor's.
constexpr int kWake = -2;
constexpr std::uint64_t kCancel = ~std::uint64_t{2};  // (~0 is liburing's.)

// No completion is dropped, a wait has a timeout, and (with the third, from
// Linux 5.13 on) a poll request may complete more than once.
constexpr unsigned kNeeded =
    IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG | IORING_FEAT_RSRC_TAGS;

// No interrupts for completions that are only looked at in Select. From Linux
// 5.19 on.
constexpr unsigned kWanted = IORING_SETUP_COOP_TASKRUN |
                             IORING_SETUP_TASKRUN_FLAG |
                             IORING_SETUP_SUBMIT_ALL;

// Returns 0 or an errno.
int Open(io_uring* ring, unsigned entries) {
  for (const unsigned flags : {kWanted, 0u}) {
    io_uring_params params = {};
    params.flags = flags | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
    params.cq_entries = 4 * entries;
    const int result = io_uring_queue_init_params(entries, ring, &params);
    if (result == -EINVAL) continue;  // A flag that it does not know.
    if (result < 0) return -result;
    if ((params.features & kNeeded) == kNeeded) return 0;
    io_uring_queue_exit(ring);
    break;
  }
  return ENOSYS;
}

const char* Explain(int error) {
  switch (error) {
    case ENOSYS:
      return "there is no io_uring here, or one from before Linux 5.13";
    case EPERM:
    case EACCES:
      return "io_uring is forbidden here, by kernel.io_uring_disabled or by a "
             "filter of system calls";
    case ENOMEM:
      return "no memory for a ring; see ulimit -l";
    default:
      return "io_uring_setup";
  }
}

std::uint64_t Token(int fd, std::uint32_t generation) {
  return static_cast<std::uint32_t>(fd) | std::uint64_t{generation} << 32;
}

}  // namespace

IoUringSelector::IoUringSelector(int max_skips, unsigned entries)
    : SystemSelector("IoUringSelector", max_skips) {
  auto ring = std::make_unique<io_uring>();
  const int error = Open(ring.get(), entries);
  if (error != 0) Fail(error, Explain(error));
  ring_ = std::move(ring);
}

IoUringSelector::~IoUringSelector() {
  if (ring_ == nullptr) return;
  try {
    for (const SelectorKey& key : GetMap()) Cancel(key.fd, /*select=*/false);
    io_uring_submit(ring_.get());
  } catch (const std::system_error&) {
    // The kernel does the same to what is left, a little later.
  }
  io_uring_queue_exit(ring_.get());
}

IoUringSelector::Poll& IoUringSelector::PollOf(int fd) {
  return fd == kWake ? wake_poll_ : polls_[static_cast<std::size_t>(fd)];
}

// ---- Requests.

io_uring_sqe* IoUringSelector::NextRequest(bool select) {
  for (;;) {
    io_uring_sqe* const request = io_uring_get_sqe(ring_.get());
    if (request != nullptr) return request;
    const int result = io_uring_submit(ring_.get());
    if (result < 0 && result != -EINTR && result != -EBUSY) {
      Fail(-result, "io_uring_submit");
    }
    Take(select);  // EBUSY: there was no place for more completions.
  }
}

void IoUringSelector::List(int fd) {
  Poll& poll = PollOf(fd);
  if (poll.listed) return;
  poll.listed = true;
  changed_.push_back(fd);
}

void IoUringSelector::DoRegister(int fd, const Registration&) {
  if (!IsOpen(fd)) Refuse(EBADF, fd, "is not open");
  if (static_cast<std::size_t>(fd) >= polls_.size()) {
    polls_.resize(static_cast<std::size_t>(fd) + 1);
  }
  PollOf(fd).for_changes = false;
  List(fd);
}

void IoUringSelector::DoModify(int fd, const Registration&) {
  if (!IsOpen(fd)) Refuse(EBADF, fd, "was closed while it was registered");
  Cancel(fd, /*select=*/false);
  PollOf(fd).for_changes = false;
  List(fd);
}

void IoUringSelector::DoUnregister(int fd) {
  if (!Cancel(fd, /*select=*/false)) return;
  io_uring_submit(ring_.get());  // If it fails: with the next.
  Take(/*select=*/false);        // Lest they pile up where nobody selects.
}

bool IoUringSelector::Cancel(int fd, bool select) {
  Poll& poll = PollOf(fd);
  if (!poll.armed) return false;
  io_uring_sqe* const request = NextRequest(select);
  io_uring_prep_poll_remove(request, Token(fd, poll.generation));
  io_uring_sqe_set_data64(request, kCancel);
  poll.armed = false;
  return true;
}

// The kernel completes a request on the thread that has armed it, and gives it
// up when that ends.
void IoUringSelector::Adopt() {
  for (const SelectorKey& key : GetMap()) {
    if (Cancel(key.fd, /*select=*/false)) List(key.fd);
  }
  Cancel(kWake, /*select=*/false);
  thread_ = internal::ThreadNumber();
}

// Once for every Wake to come: nobody reads what they write.
void IoUringSelector::ArmWake() {
  io_uring_sqe* const request = NextRequest(/*select=*/false);
  DrainWake();
  if (EndWake()) woken_ = true;
  io_uring_prep_poll_multishot(request, wake_fd(), PollBits(kReadable));
  io_uring_sqe_set_data64(request, Token(kWake, ++wake_poll_.generation));
  wake_poll_.armed = true;
}

void IoUringSelector::ArmListed() {
  arming_.insert(arming_.end(), changed_.begin(), changed_.end());
  changed_.clear();
  while (!arming_.empty()) {
    const int fd = arming_.back();
    Poll& poll = PollOf(fd);
    const Registration* const registration = Find(fd);
    if (registration != nullptr && !registration->gone) {
      Cancel(fd, /*select=*/true);
      io_uring_sqe* const request = NextRequest(/*select=*/true);
      io_uring_prep_poll_add(request, fd, PollBits(registration->events));
      if (poll.for_changes) request->len = IORING_POLL_ADD_MULTI;
      io_uring_sqe_set_data64(request, Token(fd, ++poll.generation));
      poll.armed = true;
    }
    poll.listed = false;
    arming_.pop_back();
  }
}

// ---- Completions.

void IoUringSelector::Take(bool select) {
  io_uring* const ring = ring_.get();
  do {
    unsigned count = 0;
    unsigned head = 0;
    io_uring_cqe* completion = nullptr;
    io_uring_for_each_cqe(ring, head, completion) {
      ++count;
      Complete(*completion, select);
    }
    io_uring_cq_advance(ring, count);
    // More than the ring takes: the kernel has kept them.
  } while (io_uring_cq_has_overflow(ring) && io_uring_get_events(ring) >= 0);
}

void IoUringSelector::Complete(const io_uring_cqe& completion, bool select) {
  if (completion.user_data == kCancel) return;
  const int fd = static_cast<int>(completion.user_data & 0xffffffffu);
  Poll& poll = PollOf(fd);
  if (!poll.armed || poll.generation != completion.user_data >> 32) return;
  poll.armed = (completion.flags & IORING_CQE_F_MORE) != 0;
  if (fd == kWake) {
    if (completion.res > 0) woken_ = true;
    return;
  }
  if (completion.res == -EBADF) {
    MarkGone(fd);
    return;
  }
  // Whoever uses it will find out what failed.
  const unsigned bits =
      completion.res < 0 ? POLLERR : static_cast<unsigned>(completion.res);
  if (completion.res != -ECANCELED && (bits & ~unsigned{POLLRDHUP}) == 0) {
    // The other end writes no more: that completes every request, at once,
    // though nobody has asked. From now on only changes do.
    if (!poll.armed) List(fd);
    poll.for_changes = true;
    return;
  }
  poll.for_changes = false;
  if (select && !poll.listed && completion.res != -ECANCELED) {
    Report(fd, MaskOf(bits & ~unsigned{POLLRDHUP}));
  }
  List(fd);
}

// ---- The wait.

int IoUringSelector::Enter(std::optional<Nanoseconds> timeout) {
  io_uring* const ring = ring_.get();
  int result = 0;
  if (timeout.has_value() && *timeout <= Nanoseconds(0)) {
    const unsigned flags = IO_URING_READ_ONCE(*ring->sq.kflags);
    const bool has_work =
        (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
    if (!has_work && io_uring_sq_ready(ring) == 0) return 0;
    result = io_uring_submit_and_get_events(ring);
  } else {
    timespec spec;
    __kernel_timespec wait = {};
    if (ToTimespec(timeout, &spec) != nullptr) {
      wait = {.tv_sec = spec.tv_sec, .tv_nsec = spec.tv_nsec};
    }
    io_uring_cqe* first = nullptr;
    result = io_uring_submit_and_wait_timeout(
        ring, &first, 1, timeout.has_value() ? &wait : nullptr, nullptr);
  }
  // EBUSY: there was no place for more completions; it is asked again.
  return result >= 0 || result == -ETIME || result == -EBUSY ? 0 : result;
}

int IoUringSelector::DoSelect(std::optional<Nanoseconds> timeout) {
  Take(/*select=*/false);
  if (thread_ != internal::ThreadNumber()) Adopt();
  if (!wake_poll_.armed) ArmWake();
  ArmListed();
  const bool is_over = woken_ || has_reported() || !changed_.empty();
  if (is_over) timeout = Nanoseconds(0);
  const int result = Enter(timeout);
  Take(/*select=*/true);
  if (woken_) {
    woken_ = false;
    EndWake();
    return 1;
  }
  return has_reported() ? 1 : result;
}

}  // namespace rondo
