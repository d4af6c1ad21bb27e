// Writes that never raise SIGPIPE, where the kernel has no flag for that.
#ifndef RONDO_RUNTIME_POSIX_WRITE_H_
#define RONDO_RUNTIME_POSIX_WRITE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/functional/function_ref.h"
#include "rondo/runtime/socket_types.h"

namespace rondo::internal {

// As write(2): how many bytes were taken, or -errno. One system call on Linux
// 6.18 (RWF_NOSIGNAL); before, four.
// Thread-safety: any thread.
SysResult WriteWithoutSignal(int fd, std::span<const char> data);

// As sendfile(2). Four system calls.
SysResult SendFileWithoutSignal(int fd, int file, std::int64_t offset,
                                std::size_t size);

// The result of `call`, with SIGPIPE blocked in this thread meanwhile, and then
// taken away.
SysResult WithSigpipeBlocked(absl::FunctionRef<SysResult()> call);

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_POSIX_WRITE_H_
