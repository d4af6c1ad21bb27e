// What a simulated descriptor stands for: a socket, or one end of a pipe.
#ifndef RONDO_SIMNET_SIM_SOCKET_H_
#define RONDO_SIMNET_SIM_SOCKET_H_

#include <memory>
#include <span>

#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/socket_types.h"
#include "rondo/simnet/message_parts.h"
#include "rondo/simnet/sim_selector.h"

namespace rondo::internal {

// The calls of Network upon one descriptor; each answers as Linux does. By
// themselves they are those of what is no socket: -ENOTSOCK.
class SimSocket {
 public:
  SimSocket() = default;
  SimSocket(const SimSocket&) = delete;
  SimSocket& operator=(const SimSocket&) = delete;
  virtual ~SimSocket() = default;

  virtual DescriptorKind kind() const = 0;
  virtual SysResult Bind(const SocketAddress& address);
  virtual SysResult Listen(int backlog);
  // `peer` may be null.
  virtual SysResult Accept(std::shared_ptr<SimSocket>* child,
                           SocketAddress* peer);
  virtual SysResult Connect(const SocketAddress& address);
  virtual SysResult TakeError();
  virtual SysResult Send(std::span<const char> data);
  virtual SysResult SendMessage(MessageParts parts);
  virtual SysResult SendTo(std::span<const char> data, const SocketAddress& to);
  virtual SysResult Receive(std::span<char> buffer);
  // `from` and `truncated` may be null.
  virtual SysResult ReceiveFrom(std::span<char> buffer, SocketAddress* from,
                                bool* truncated);
  // Of a socket: Receive and Send, unless it is of nothing.
  virtual SysResult Read(std::span<char> buffer) {
    return buffer.empty() ? 0 : Receive(buffer);
  }
  virtual SysResult Write(std::span<const char> data) {
    return data.empty() ? 0 : Send(data);
  }
  virtual SysResult Shutdown(ShutdownHow how);
  virtual SysResult SetOption(SocketOption option, int value);
  virtual SysResult GetOption(SocketOption option) const;
  virtual SysResult LocalAddress(SocketAddress* address) const;
  virtual SysResult PeerAddress(SocketAddress* address) const;
  virtual void Close() = 0;
  // Its host crashed: it is gone without a word.
  virtual void Vanish() = 0;
  // What it is in traces.
  virtual SocketName name() const = 0;

  // It has a descriptor from now on, and `selector` is told its readiness.
  void Attach(SimSelector* selector, int fd) {
    selector_ = selector;
    fd_ = fd;
    Publish(Readiness());
  }

 protected:
  // EPOLLHUP and EPOLLERR count as both directions, as they do for a selector.
  virtual unsigned Readiness() const = 0;
  void Publish(unsigned mask) {
    if (selector_ != nullptr) selector_->SetReadiness(fd_, mask);
  }
  // No descriptor stands for it any more.
  void Unpublish() { selector_ = nullptr; }

 private:
  SimSelector* selector_ = nullptr;
  int fd_ = -1;
};

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_SIM_SOCKET_H_
