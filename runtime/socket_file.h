// The files of Unix sockets: made by bind, left behind when nobody removes
// them.
//
// Source: asyncio create_unix_server, _UnixSelectorEventLoop._stop_serving.
#ifndef RONDO_RUNTIME_SOCKET_FILE_H_
#define RONDO_RUNTIME_SOCKET_FILE_H_

#include <optional>
#include <string>

#include "rondo/runtime/loop_core.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/socket_types.h"
#include "rondo/runtime/sockets.h"

namespace rondo::internal {

// The address of a Unix socket: a path, or an abstract name after a NUL.
// Throws: ValueError if it is empty, or a path with a NUL in it.
SocketAddress UnixAddress(const std::string& path);

// Removes the socket that an earlier process may have left at `address`, which
// may be any address; another kind of file stays. What hinders it is told to
// the exception handler: binding may succeed all the same.
void RemoveStaleSocketFile(LoopCore* loop, const SocketAddress& address);

// The file of a socket that is bound; nothing for any other socket.
class SocketFile {
 public:
  SocketFile() = default;
  SocketFile(LoopCore* loop, const Socket& socket);

  // Removes the file, unless it is gone, or another's by now. What hinders it
  // is told to the exception handler. Idempotent.
  void Remove();

 private:
  LoopCore* loop_ = nullptr;
  SocketAddress address_;
  std::optional<SysResult> file_;  // Which one it is.
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_SOCKET_FILE_H_
