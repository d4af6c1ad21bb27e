#include "rondo/runtime/posix_write.h"

#include <signal.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace rondo::internal {
namespace {

constexpr int kNoSignal = 0x100;  // RWF_NOSIGNAL, which older headers lack.

SysResult OrErrno(SysResult result) { return result < 0 ? -errno : result; }

std::atomic<bool> has_no_signal = true;

}  // namespace

SysResult WithSigpipeBlocked(absl::FunctionRef<SysResult()> call) {
  sigset_t pipe;
  sigset_t before;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
  const SysResult result = call();
  // Who had it blocked may keep it: pending once more is pending. A call that
  // has sent a part before it failed raises it too, and does not say so.
  if (sigismember(&before, SIGPIPE) == 0) {
    const timespec at_once = {};
    while (sigtimedwait(&pipe, nullptr, &at_once) < 0 && errno == EINTR) {
    }
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return result;
}

SysResult WriteWithoutSignal(int fd, std::span<const char> data) {
  // write(2) of nothing sends an empty datagram, pwritev2(2) does not.
  if (data.empty()) return 0;
  if (has_no_signal.load(std::memory_order_relaxed)) {
    const iovec part = {const_cast<char*>(data.data()), data.size()};
    const SysResult n = pwritev2(fd, &part, 1, -1, kNoSignal);
    if (n >= 0) return n;
    // EOPNOTSUPP: the kernel, or this kind of file. ENOSYS, EPERM: a sandbox.
    if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EPERM) return -errno;
    has_no_signal.store(false, std::memory_order_relaxed);
  }
  return WithSigpipeBlocked(
      [&] { return OrErrno(write(fd, data.data(), data.size())); });
}

SysResult SendFileWithoutSignal(int fd, int file, std::int64_t offset,
                                std::size_t size) {
  return WithSigpipeBlocked([&] {
    off_t from = offset;
    return OrErrno(sendfile(fd, file, &from, size));
  });
}

}  // namespace rondo::internal
