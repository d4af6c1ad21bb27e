#include "rondo/runtime/socket_file.h"

#include <cerrno>
#include <exception>
#include <utility>

#include "rondo/runtime/errors.h"

namespace rondo::internal {
namespace {

bool IsFile(const SocketAddress& address) {
  return address.family() == AddressFamily::kUnix && !address.path().empty() &&
         !address.is_abstract();
}

// An error of looking for a file, or of removing it, that somebody should know.
void TellUnlessGone(LoopCore* loop, SysResult result, std::string_view text,
                    const SocketAddress& address) {
  if (result >= 0 || result == -ENOENT || result == -ENOTSOCK) return;
  loop->Report(text,
               std::make_exception_ptr(
                   SocketError(result, "unlink", address.ToString())),
               "server");
}

}  // namespace

SocketAddress UnixAddress(const std::string& path) {
  if (path.empty()) throw ValueError("a Unix socket needs a path");
  if (path[0] != '\0' && path.find('\0') != std::string::npos) {
    throw ValueError("the path of a Unix socket has a NUL in it: " +
                     path.substr(0, path.find('\0')));
  }
  return SocketAddress::Unix(path);
}

void RemoveStaleSocketFile(LoopCore* loop, const SocketAddress& address) {
  if (!IsFile(address)) return;
  TellUnlessGone(loop, NetworkOf(loop).RemoveSocketFile(address),
                 "Unable to check or remove stale UNIX socket", address);
}

SocketFile::SocketFile(LoopCore* loop, const Socket& socket) : loop_(loop) {
  Network& network = NetworkOf(loop);
  if (network.LocalAddress(socket.fd(), &address_) < 0) return;
  if (!IsFile(address_)) return;
  const SysResult file = network.SocketFile(address_);
  if (file >= 0) file_ = file;
}

void SocketFile::Remove() {
  const std::optional<SysResult> mine = std::exchange(file_, std::nullopt);
  if (!mine.has_value() || loop_->closed) return;
  Network& network = NetworkOf(loop_);
  SysResult result = network.SocketFile(address_);
  if (result == *mine) result = network.RemoveSocketFile(address_);
  TellUnlessGone(loop_, result, "Unable to clean up listening UNIX socket",
                 address_);
}

}  // namespace rondo::internal
