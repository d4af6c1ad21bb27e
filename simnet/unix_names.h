// The names of a simulated host's Unix sockets: socket files, abstract names.
#ifndef RONDO_SIMNET_UNIX_NAMES_H_
#define RONDO_SIMNET_UNIX_NAMES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/socket_types.h"

namespace rondo::internal {

class SimSocket;

// "/run/x", or "@x" for an abstract name: for traces.
std::string UnixDisplayName(const SocketAddress& address);

// A file stays when its socket is closed, and when the host crashes, until it
// is removed; an abstract name goes with its socket. There are no directories:
// any path can be bound.
class UnixNames {
 public:
  // 0, or -EADDRINUSE. An empty path gets an abstract name of five digits.
  SysResult Bind(std::weak_ptr<SimSocket> socket, SocketAddress* address);
  // What binding a socket that is bound comes to.
  SysResult BindAgain(const SocketAddress& address) const;
  // `socket`, which has the name, has gone.
  void Unbind(const SocketAddress& address, const SimSocket* socket);
  // 0, -ENOENT for a file that is not there, or -ECONNREFUSED if nobody has
  // the name any more.
  SysResult Find(const SocketAddress& address,
                 std::shared_ptr<SimSocket>* socket) const;

  // Which file it is: every one has a number of its own. -ENOENT.
  SysResult File(const SocketAddress& address) const;
  SysResult Remove(const SocketAddress& address);

  // After a crash: only files are left.
  void DropSockets();

 private:
  struct Entry {
    std::weak_ptr<SimSocket> socket;
    std::int64_t file = 0;  // 0: an abstract name.
  };

  std::map<std::string, Entry> names_;
  std::int64_t last_file_ = 0;
  unsigned last_automatic_ = 0;
};

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_UNIX_NAMES_H_
