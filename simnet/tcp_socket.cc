#include "rondo/simnet/tcp_socket.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "rondo/simnet/inet_address.h"
#include "rondo/simnet/tcp_connection.h"

namespace rondo::internal {
namespace {

constexpr int kMaxBacklog = 4096;  // net.core.somaxconn.

}  // namespace

TcpSocket::TcpSocket(NetworkContext& context, NetworkHost& host,
                     AddressFamily family)
    : context_(context),
      host_(host),
      family_(family),
      local_(AnyAddress(family)) {
  settings_.send_buffer = context.options.send_buffer;
  settings_.receive_buffer = context.options.receive_buffer;
}

// ---- Names and listening.

PortClaim TcpSocket::Claim(const SocketAddress& address) const {
  return {address, settings_.sharing(), settings_.ipv6_only};
}

void TcpSocket::HoldPort() {
  holds_ = true;
  sharing_ = static_cast<std::uint8_t>(settings_.sharing());
  host_.ports.Hold(local_.port(), sharing_);
}

SysResult TcpSocket::Bind(const SocketAddress& address) {
  SocketAddress name;
  const SysResult result =
      FromProgram(address, family_, settings_.ipv6_only, -EINVAL, &name);
  if (result < 0) return result;
  if (!name.is_any() && !host_.Owns(name)) return -EADDRNOTAVAIL;
  if (state_ != State::kClosed || local_.port() != 0) return -EINVAL;
  const Nanoseconds now = context_.clock.Now();
  if (name.port() == 0) {
    name = name.WithPort(host_.ports.NextEphemeral(now));
    if (name.port() == 0) return -EADDRINUSE;
  } else if (host_.ports.InUse(Claim(name), now)) {
    return -EADDRINUSE;
  }
  local_ = name;
  bound_ = true;
  sharing_ = static_cast<std::uint8_t>(settings_.sharing());
  host_.ports.Bind(this, Claim(local_));
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
    const SysResult result = Bind(AnyAddress(family_));
    if (result < 0) return result;
  }
  if (!host_.ports.Listen(this, local_.port())) return -EADDRINUSE;
  state_ = State::kListen;
  listener_ = std::make_unique<Listener>();
  listener_->backlog = backlog;
  Changed();
  return 0;
}

SysResult TcpSocket::Accept(std::shared_ptr<SimSocket>* child,
                            SocketAddress* peer) {
  if (state_ != State::kListen) return -EINVAL;
  if (listener_->ready.empty()) return -EAGAIN;
  if (peer != nullptr) {
    *peer = ToProgram(listener_->ready.front()->peer_, family_);
  }
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
  auto child = std::make_shared<TcpSocket>(context_, host_, family_);
  child->state_ = State::kSynReceived;
  child->phase_ = Phase::kConnected;
  child->local_ = local;
  child->peer_ = peer;
  child->settings_ = settings_;
  child->connection_ = connection;
  child->side_ = 1;
  child->parent_ = weak_from_this();
  child->HoldPort();
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
  SocketAddress remote;
  const SysResult result =
      FromProgram(address, family_, settings_.ipv6_only, -ENETUNREACH, &remote);
  if (result < 0) return result;
  switch (phase_) {
    case Phase::kConnected:
      return -EISCONN;
    case Phase::kConnecting:
      if (state_ == State::kSynSent) return -EALREADY;
      if (state_ == State::kClosed) {
        const SysResult error = ErrorOr(ECONNABORTED);
        Disconnect();
        return error;
      }
      phase_ = Phase::kConnected;
      return 0;
    case Phase::kDisconnecting:
      return -EINVAL;
    case Phase::kUnconnected:
      if (state_ != State::kClosed) return -EISCONN;
      return StartConnecting(
          remote.is_any() ? Loopback(remote.family(), remote.port()) : remote);
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

SysResult TcpSocket::StartConnecting(const SocketAddress& address) {
  std::uint16_t port = local_.port();
  SocketAddress local = local_;
  if (!bound_) {
    port = host_.ports.NextEphemeral(context_.clock.Now());
    if (port == 0) return -EADDRNOTAVAIL;
  }
  if (!bound_ || local_.is_any()) {
    local = host_.SourceFor(address).WithPort(port);
  }
  if (bound_ && TcpConnection::Exists(context_, host_, local, address)) {
    return -EADDRNOTAVAIL;
  }
  local_ = local;
  if (!bound_) HoldPort();
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
  *address = ToProgram(peer_, family_);
  return 0;
}

SysResult TcpSocket::LocalAddress(SocketAddress* address) const {
  *address = ToProgram(local_, family_);
  return 0;
}

// ---- Data.

SysResult TcpSocket::SendMessage(MessageParts parts) {
  if (parts.size() == 1) return Send(parts[0]);
  // More than the buffer holds is not taken anyway.
  return Send(Join(parts, std::min(SizeOf(parts), send_buffer())));
}

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

SysResult TcpSocket::SendTo(std::span<const char> data, const SocketAddress&) {
  return Send(data);  // As Linux does.
}

SysResult TcpSocket::ReceiveFrom(std::span<char> buffer, SocketAddress* from,
                                 bool* truncated) {
  const SysResult result = Receive(buffer);
  if (result < 0) return result;
  if (from != nullptr) *from = {};
  if (truncated != nullptr) *truncated = false;
  return result;
}

SysResult TcpSocket::Receive(std::span<char> buffer) {
  if (state_ == State::kListen) return -ENOTCONN;
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
  if (option == SocketOption::kIPv6Only) {
    if (family_ != AddressFamily::kIPv6) return -ENOPROTOOPT;
    if (local_.port() != 0) return -EINVAL;
  }
  const SysResult result = settings_.Set(option, value);
  if (bound_) {
    sharing_ = static_cast<std::uint8_t>(settings_.sharing());
    host_.ports.Rebind(this, Claim(local_));
  }
  if (option == SocketOption::kKeepAlive && state_ == State::kEstablished) {
    connection_->WatchPeer(side_);
  }
  Changed();
  return result;
}

SysResult TcpSocket::GetOption(SocketOption option) const {
  if (option == SocketOption::kIPv6Only && family_ != AddressFamily::kIPv6) {
    return -EOPNOTSUPP;
  }
  return settings_.Get(option);
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
  Unpublish();
  orphan_ = true;
  if (state_ == State::kListen) {
    StopListening();
  } else if (state_ == State::kSynSent) {
    EnterClosed(false);
  } else if (state_ == State::kEstablished) {
    if (connection_->HasUnread(side_) || settings_.linger == 0) {
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
  Unpublish();
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
    host_.ports.KeepForTimeWait(local_.port(), sharing_, context_.clock.Now());
  }
  ReleasePort();
  Changed();
}

void TcpSocket::ReleasePort() {
  if (std::exchange(holds_, false)) {
    host_.ports.Release(local_.port(), sharing_);
  }
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
