#include "rondo/simnet/tcp_socket.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "rondo/simnet/tcp_connection.h"

namespace rondo::internal {
namespace {

constexpr int kMaxBacklog = 4096;  // net.core.somaxconn.

bool IsLoopback(const SocketAddress& address) { return address.ip()[0] == 127; }

SocketAddress WithPort(const SocketAddress& address, std::uint16_t port) {
  const std::string_view ip = address.ip();
  std::array<std::uint8_t, 4> bytes;
  std::copy(ip.begin(), ip.end(), bytes.begin());
  return SocketAddress::IPv4(bytes, port);
}

}  // namespace

TcpSocket::TcpSocket(NetworkContext& context, NetworkHost& host)
    : context_(context),
      host_(host),
      send_buffer_(context.options.send_buffer),
      receive_buffer_(context.options.receive_buffer) {}

// ---- Names and listening.

SysResult TcpSocket::Bind(const SocketAddress& address) {
  if (address.family() != AddressFamily::kIPv4) return -EAFNOSUPPORT;
  if (!address.is_any() && !IsLoopback(address) &&
      address.ip() != host_.address.ip()) {
    return -EADDRNOTAVAIL;
  }
  if (state_ != State::kClosed || local_.port() != 0) return -EINVAL;
  const Nanoseconds now = context_.clock.Now();
  SocketAddress name = address;
  if (name.port() == 0) {
    name = WithPort(name, host_.ports.NextEphemeral(now));
    if (name.port() == 0) return -EADDRINUSE;
  } else if (host_.ports.InUse(name, reuse_, now)) {
    return -EADDRINUSE;
  }
  local_ = name;
  bound_ = true;
  host_.ports.Bind(this, local_, reuse_);
  return 0;
}

SysResult TcpSocket::Listen(int backlog) {
  if (backlog < 0 || backlog > kMaxBacklog) backlog = kMaxBacklog;
  if (state_ == State::kListen) {
    listener_->backlog = backlog;
    return 0;
  }
  if (state_ != State::kClosed || phase_ != Phase::kUnconnected) return -EINVAL;
  if (!bound_) {
    const SysResult result = Bind(SocketAddress());
    if (result < 0) return result;
  }
  if (!host_.ports.Listen(this, local_.port())) return -EADDRINUSE;
  state_ = State::kListen;
  listener_ = std::make_unique<Listener>();
  listener_->backlog = backlog;
  Changed();
  return 0;
}

SysResult TcpSocket::Accept(std::shared_ptr<TcpSocket>* child) {
  if (state_ != State::kListen) return -EINVAL;
  if (listener_->ready.empty()) return -EAGAIN;
  *child = std::move(listener_->ready.front());
  listener_->ready.pop_front();
  Changed();
  return 0;
}

bool TcpSocket::CanTakeSyn() const {
  return listener_->half_open + static_cast<int>(listener_->ready.size()) <=
         listener_->backlog;
}

std::shared_ptr<TcpSocket> TcpSocket::NewChild(TcpConnection* connection,
                                               const SocketAddress& local,
                                               const SocketAddress& peer) {
  auto child = std::make_shared<TcpSocket>(context_, host_);
  child->state_ = State::kSynReceived;
  child->phase_ = Phase::kConnected;
  child->local_ = local;
  child->peer_ = peer;
  child->reuse_ = reuse_;
  child->send_buffer_ = send_buffer_;
  child->receive_buffer_ = receive_buffer_;
  child->connection_ = connection;
  child->side_ = 1;
  child->parent_ = weak_from_this();
  child->holds_ = true;
  host_.ports.Hold(local.port(), reuse_);
  ++listener_->half_open;
  return child;
}

bool TcpSocket::HandshakeDone() {
  const std::shared_ptr<TcpSocket> parent = parent_.lock();
  if (parent == nullptr || parent->state_ != State::kListen) {
    orphan_ = true;
    EnterClosed(false);
    return false;
  }
  --parent->listener_->half_open;
  parent->listener_->ready.push_back(shared_from_this());
  state_ = State::kEstablished;
  parent->Changed();
  return true;
}

void TcpSocket::AbandonHandshake() {
  const std::shared_ptr<TcpSocket> parent = parent_.lock();
  if (parent != nullptr && parent->state_ == State::kListen) {
    --parent->listener_->half_open;
  }
  orphan_ = true;
  EnterClosed(false);
}

void TcpSocket::StopListening() {
  host_.ports.StopListening(this, local_.port());
  state_ = State::kClosed;
  const std::unique_ptr<Listener> listener = std::move(listener_);
  for (const std::shared_ptr<TcpSocket>& child : listener->ready) {
    child->orphan_ = true;
    if (child->state_ == State::kEstablished) {
      child->connection_->SendReset(child->side_);
      child->EnterClosed(false);
    }
    child->connection_->EndClosed(child->side_);
  }
}

// ---- Connecting.

SysResult TcpSocket::Connect(const SocketAddress& address) {
  if (address.family() != AddressFamily::kIPv4) return -EAFNOSUPPORT;
  switch (phase_) {
    case Phase::kConnected:
      return -EISCONN;
    case Phase::kConnecting:
      if (state_ == State::kSynSent) return -EALREADY;
      if (state_ == State::kClosed) {
        const SysResult result = ErrorOr(ECONNABORTED);
        Disconnect();
        return result;
      }
      phase_ = Phase::kConnected;
      return 0;
    case Phase::kDisconnecting:
      return -EINVAL;
    case Phase::kUnconnected:
      if (state_ != State::kClosed) return -EISCONN;
      return StartConnecting(
          address.is_any() ? SocketAddress::IPv4({127, 0, 0, 1}, address.port())
                           : address);
  }
  return -EINVAL;
}

void TcpSocket::Disconnect() {
  phase_ = Phase::kUnconnected;
  shutdown_ = 0;
  done_ = false;
  if (connection_ != nullptr) {
    std::exchange(connection_, nullptr)->Detach(side_);
  }
  Changed();
}

SysResult TcpSocket::StartConnecting(SocketAddress address) {
  const bool self = IsLoopback(address) || address.ip() == host_.address.ip();
  std::uint16_t port = local_.port();
  if (!bound_) {
    port = host_.ports.NextEphemeral(context_.clock.Now());
    if (port == 0) return -EADDRNOTAVAIL;
    host_.ports.Hold(port, reuse_);
    holds_ = true;
  }
  if (!bound_ || local_.is_any()) {
    local_ = WithPort(self ? address : host_.address, port);
  }
  peer_ = address;
  state_ = State::kSynSent;
  phase_ = Phase::kConnecting;  // What was shut before stays shut.
  error_ = 0;
  done_ = false;
  connection_ =
      TcpConnection::Start(context_, shared_from_this(), host_, local_, peer_);
  Changed();
  return -EINPROGRESS;
}

void TcpSocket::Connected() {
  state_ = State::kEstablished;
  Changed();
}

SysResult TcpSocket::TakeError() { return std::exchange(error_, 0); }

SysResult TcpSocket::ErrorOr(int otherwise) {
  const int error = std::exchange(error_, 0);
  if (error != 0) Changed();
  return -(error != 0 ? error : otherwise);
}

SysResult TcpSocket::PeerAddress(SocketAddress* address) const {
  if (state_ != State::kEstablished) return -ENOTCONN;
  *address = peer_;
  return 0;
}

// ---- Data.

SysResult TcpSocket::Send(std::span<const char> data) {
  if (state_ == State::kSynSent) return -EAGAIN;
  if (state_ != State::kEstablished || error_ != 0 ||
      (shutdown_ & kSendShut) != 0) {
    return ErrorOr(EPIPE);
  }
  if (data.empty()) return 0;
  const SysResult result = connection_->Send(side_, data);
  Changed();
  return result;
}

SysResult TcpSocket::Receive(std::span<char> buffer) {
  if (state_ == State::kListen) return -ENOTCONN;
  if (buffer.empty()) return 0;
  if (connection_ != nullptr && connection_->Readable(side_) > 0) {
    const std::size_t size = connection_->Read(side_, buffer);
    Changed();
    return static_cast<SysResult>(size);
  }
  if (done_) return 0;
  if (error_ != 0) return ErrorOr(0);
  if ((shutdown_ & kReceiveShut) != 0) return 0;
  return state_ == State::kClosed ? -ENOTCONN : -EAGAIN;
}

SysResult TcpSocket::SetOption(SocketOption option, int value) {
  const auto size = static_cast<std::size_t>(std::max(value, 1));
  switch (option) {
    case SocketOption::kReuseAddress:
      reuse_ = value != 0;
      break;
    default:
      break;
    case SocketOption::kSendBuffer:
      send_buffer_ = size;
      break;
    case SocketOption::kReceiveBuffer:
      receive_buffer_ = size;
      break;
  }
  Changed();
  return 0;
}

// ---- The end.

SysResult TcpSocket::Shutdown(ShutdownHow how) {
  const unsigned bits = how == ShutdownHow::kReceive ? kReceiveShut
                        : how == ShutdownHow::kSend  ? kSendShut
                                                     : kBothShut;
  switch (state_) {
    case State::kListen:
      if ((bits & kReceiveShut) == 0) {
        shutdown_ |= bits;
      } else {
        StopListening();
      }
      break;
    case State::kSynSent:
      EnterClosed(false);
      Disconnect();
      error_ = ECONNRESET;
      break;
    case State::kClosed:
      shutdown_ |= bits;
      if (phase_ == Phase::kConnecting) phase_ = Phase::kDisconnecting;
      Changed();
      return -ENOTCONN;
    default:
      shutdown_ |= bits;
      phase_ = Phase::kConnected;
      if ((bits & kSendShut) != 0) connection_->SendFin(side_);
  }
  Changed();
  return 0;
}

void TcpSocket::Close() {
  selector_ = nullptr;
  orphan_ = true;
  if (state_ == State::kListen) {
    StopListening();
  } else if (state_ == State::kSynSent) {
    EnterClosed(false);
  } else if (state_ == State::kEstablished) {
    if (connection_->HasUnread(side_)) {
      connection_->SendReset(side_);
      EnterClosed(false);
    } else {
      connection_->SendFin(side_);
    }
  }
  if (state_ == State::kClosed) ReleasePort();
  // It may end the connection, and this.
  if (connection_ != nullptr) connection_->EndClosed(side_);
}

void TcpSocket::Vanish() {
  selector_ = nullptr;
  orphan_ = true;
  state_ = State::kClosed;
  bound_ = holds_ = false;
  listener_ = nullptr;
}

bool TcpSocket::RefusesData() const {
  return orphan_ || ((shutdown_ & kReceiveShut) != 0 && !done_ &&
                     connection_->FinSent(side_));
}

void TcpSocket::PeerFinished() {
  done_ = true;
  shutdown_ |= kReceiveShut;
  Changed();
}

void TcpSocket::PeerReset() {
  if (state_ == State::kSynSent) {
    Fail(ECONNREFUSED);
  } else {
    Fail(done_ && !connection_->FinSent(side_) ? EPIPE : ECONNRESET);
  }
}

void TcpSocket::Fail(int error) {
  error_ = error;
  EnterClosed(false);
}

void TcpSocket::Ended(bool time_wait) { EnterClosed(time_wait); }

void TcpSocket::EnterClosed(bool time_wait) {
  state_ = State::kClosed;
  shutdown_ = kBothShut;
  if (time_wait) {
    host_.ports.KeepForTimeWait(local_.port(), reuse_, context_.clock.Now());
  }
  ReleasePort();
  Changed();
}

void TcpSocket::ReleasePort() {
  if (std::exchange(holds_, false)) host_.ports.Release(local_.port(), reuse_);
  if (orphan_ && std::exchange(bound_, false)) {
    host_.ports.Unbind(this, local_.port());
  }
}

// ---- Readiness: tcp_poll, its EPOLLHUP and EPOLLERR as both directions.

unsigned TcpSocket::Readiness() const {
  if (state_ == State::kListen) {
    return listener_->ready.empty() ? 0 : kReadable;
  }
  if (state_ == State::kClosed || shutdown_ == kBothShut || error_ != 0) {
    return kReadable | kWritable;
  }
  unsigned mask = (shutdown_ & kReceiveShut) != 0 ? kReadable : 0;
  if (state_ == State::kSynSent) return mask;
  if (connection_->Readable(side_) > 0) mask |= kReadable;
  if ((shutdown_ & kSendShut) != 0 || connection_->Writable(side_)) {
    mask |= kWritable;
  }
  return mask;
}

void TcpSocket::Attach(SimSelector* selector, int fd) {
  selector_ = selector;
  fd_ = fd;
  Changed();
}

void TcpSocket::Changed() {
  if (selector_ != nullptr) selector_->SetReadiness(fd_, Readiness());
}

SocketName TcpSocket::name() const {
  if (connection_ != nullptr) {
    const Identity id = Combine(connection_->id(), side_);
    if (name_id_ != id) {
      name_id_ = id;
      name_ = connection_->name() + (side_ == 0 ? ">" : "<");
    }
  } else if (listener_ != nullptr && name_.empty()) {
    name_ = host_.name + ":" + std::to_string(local_.port());
    name_id_ = Combine(HashName("listen"), HashName(name_));
  }
  return {name_id_, name_};
}

}  // namespace rondo::internal
