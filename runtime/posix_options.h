// SocketOption to and from the kernel's setsockopt.
#ifndef RONDO_RUNTIME_POSIX_OPTIONS_H_
#define RONDO_RUNTIME_POSIX_OPTIONS_H_

#include "rondo/runtime/socket_types.h"

namespace rondo::internal {

SysResult SetPosixOption(int fd, SocketOption option, int value);
SysResult GetPosixOption(int fd, SocketOption option);

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_POSIX_OPTIONS_H_
