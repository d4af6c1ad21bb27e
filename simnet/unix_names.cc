#include "rondo/simnet/unix_names.h"

#include <cerrno>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"

namespace rondo::internal {

std::string UnixDisplayName(const SocketAddress& address) {
  return address.ToString().substr(std::string_view("unix:").size());
}

SysResult UnixNames::Bind(std::weak_ptr<SimSocket> socket,
                          SocketAddress* address) {
  SocketAddress name = *address;
  const bool automatic = name.path().empty();
  do {
    if (automatic) {
      name = SocketAddress::UnixAbstract(
          absl::StrFormat("%05x", ++last_automatic_ & 0xfffff));
    }
    const auto [entry, made] = names_.try_emplace(name.path());
    if (made) {
      entry->second.socket = std::move(socket);
      if (!name.is_abstract()) entry->second.file = ++last_file_;
      *address = name;
      return 0;
    }
  } while (automatic);
  return -EADDRINUSE;
}

SysResult UnixNames::BindAgain(const SocketAddress& address) const {
  if (address.path().empty()) return 0;
  return File(address) < 0 ? -EINVAL : -EADDRINUSE;
}

void UnixNames::Unbind(const SocketAddress& address, const SimSocket* socket) {
  const auto found = names_.find(address.path());
  // It may be another's by now, if its file was removed.
  if (found == names_.end() || found->second.socket.lock().get() != socket) {
    return;
  }
  if (address.is_abstract()) {
    names_.erase(found);
  } else {
    found->second.socket.reset();
  }
}

SysResult UnixNames::Find(const SocketAddress& address,
                          std::shared_ptr<SimSocket>* socket) const {
  const auto found = names_.find(address.path());
  if (found == names_.end()) {
    return address.is_abstract() ? -ECONNREFUSED : -ENOENT;
  }
  *socket = found->second.socket.lock();
  return *socket == nullptr ? -ECONNREFUSED : 0;
}

SysResult UnixNames::File(const SocketAddress& address) const {
  const auto found = names_.find(address.path());
  if (found == names_.end() || found->second.file == 0) return -ENOENT;
  return found->second.file;
}

SysResult UnixNames::Remove(const SocketAddress& address) {
  const SysResult file = File(address);
  if (file < 0) return file;
  names_.erase(address.path());
  return 0;
}

void UnixNames::DropSockets() {
  std::erase_if(names_, [](const auto& name) { return name.second.file == 0; });
  for (auto& [path, entry] : names_) entry.socket.reset();
}

}  // namespace rondo::internal
