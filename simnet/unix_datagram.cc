#include "rondo/simnet/unix_datagram.h"

#include <algorithm>
#include <cerrno>

#include "rondo/simnet/buffer_charge.h"

namespace rondo::internal {

UnixDatagram::~UnixDatagram() { ConnectTo(nullptr); }

std::pair<std::shared_ptr<UnixDatagram>, std::shared_ptr<UnixDatagram>>
UnixDatagram::MakePair(NetworkContext& context, NetworkHost& host) {
  auto a = std::make_shared<UnixDatagram>(context, host);
  auto b = std::make_shared<UnixDatagram>(context, host);
  a->ConnectTo(b);
  b->ConnectTo(a);
  const std::string name = host.Numbered(host.name + ":pair");
  a->SetName(name + ">");
  b->SetName(name + "<");
  return {std::move(a), std::move(b)};
}

SocketName UnixDatagram::name() const {
  if (name_.empty()) SetName(host_.Numbered(host_.name + ":unix"));
  return {id_, name_};
}

// ---- Names and connecting.

SysResult UnixDatagram::Bind(const SocketAddress& address) {
  const bool again = bound_;
  const SysResult result = UnixSocket::Bind(address);
  if (bound_ && !again) SetName(host_.name + ":" + UnixDisplayName(local_));
  return result;
}

SysResult UnixDatagram::Listen(int) { return -EOPNOTSUPP; }

SysResult UnixDatagram::Accept(std::shared_ptr<SimSocket>*, SocketAddress*) {
  return -EOPNOTSUPP;
}

SysResult UnixDatagram::Find(const SocketAddress& address,
                             std::shared_ptr<UnixDatagram>* socket) const {
  if (address.family() != AddressFamily::kUnix || address.path().empty()) {
    return -EINVAL;
  }
  std::shared_ptr<SimSocket> found;
  const SysResult result = host_.unix_names.Find(address, &found);
  if (result < 0) return result;
  *socket = std::dynamic_pointer_cast<UnixDatagram>(found);
  return *socket == nullptr ? -EPROTOTYPE : 0;
}

SysResult UnixDatagram::Connect(const SocketAddress& address) {
  std::shared_ptr<UnixDatagram> other;
  const SysResult result = Find(address, &other);
  if (result < 0) return result;
  if (other->peer_ != nullptr && other->peer_.get() != this) return -EPERM;
  const std::shared_ptr<UnixDatagram> old = peer_;
  ConnectTo(other);
  if (old != nullptr && old != other) Disconnected(*old);
  Changed();
  return 0;
}

void UnixDatagram::ConnectTo(std::shared_ptr<UnixDatagram> other) {
  if (peer_ != nullptr) std::erase(peer_->senders_, this);
  peer_ = std::move(other);
  if (peer_ != nullptr) peer_->senders_.push_back(this);
}

void UnixDatagram::Disconnected(UnixDatagram& old) {
  if (received_.empty()) return;
  Drop();
  if (!old.closed_ && old.peer_.get() == this) {
    old.error_ = ECONNRESET;
    old.Changed();
  }
}

SysResult UnixDatagram::PeerAddress(SocketAddress* address) const {
  if (peer_ == nullptr) return -ENOTCONN;
  *address = peer_->local_;
  return 0;
}

// ---- Data.

SysResult UnixDatagram::MaySend(std::size_t size) {
  const std::size_t capacity = settings_.send_buffer;
  if (size + 32 > capacity) return -EMSGSIZE;
  if (error_ != 0) return -TakeError();
  if ((shutdown_ & kSendShut) != 0) return -EPIPE;
  return charged_ < capacity ? 0 : -EAGAIN;
}

SysResult UnixDatagram::SendMessage(MessageParts parts) {
  const std::size_t size = SizeOf(parts);
  const SysResult result = MaySend(size);
  if (result < 0) return result;
  return peer_ == nullptr ? -ENOTCONN : Deliver(Join(parts, size), peer_);
}

SysResult UnixDatagram::SendTo(std::span<const char> data,
                               const SocketAddress& to) {
  SysResult result = MaySend(data.size());
  std::shared_ptr<UnixDatagram> other;
  if (result == 0) result = Find(to, &other);
  if (result < 0) return result;
  return Deliver(std::string(data.data(), data.size()), other);
}

SysResult UnixDatagram::Deliver(std::string data,
                                const std::shared_ptr<UnixDatagram>& other) {
  const bool mutual = other->peer_.get() == this;
  if (other->peer_ != nullptr && !mutual) return -EPERM;
  if (other->closed_) {
    const std::shared_ptr<UnixDatagram> old = other;
    ConnectTo(nullptr);
    Disconnected(*old);
    Changed();
    return -ECONNREFUSED;
  }
  if ((other->shutdown_ & kReceiveShut) != 0) return -EPIPE;
  if (!mutual && other->HoldsEnough()) return -EAGAIN;
  const std::size_t size = data.size();
  const std::size_t charge = UnixDatagramCharge(size);
  if (context_.observer != nullptr) {
    context_.Observe(NetworkEventKind::kSend, host_.id, name().id, size, name_,
                     data);
  }
  charged_ += charge;
  other->received_.push_back(
      {{std::move(data), {}, charge},
       std::static_pointer_cast<UnixDatagram>(shared_from_this())});
  Changed();
  other->Changed();
  other->TellSenders();
  return static_cast<SysResult>(size);
}

bool UnixDatagram::HoldsEnough() const {
  return static_cast<int>(received_.size()) > context_.options.unix_datagrams;
}

SysResult UnixDatagram::ReceiveFrom(std::span<char> buffer, SocketAddress* from,
                                    bool* truncated) {
  if (error_ != 0) return -TakeError();
  if (received_.empty()) return -EAGAIN;
  Received received = std::move(received_.front());
  received_.pop_front();
  Settle(&received);
  Changed();
  TellSenders();
  return received.datagram.Give(buffer, from, truncated);
}

// Its sender's buffer has it no longer. The name is the one of now.
void UnixDatagram::Settle(Received* received) {
  UnixDatagram& sender = *received->sender;
  if (sender.bound_) received->datagram.from = sender.local_;
  sender.charged_ -= received->datagram.charge;
  sender.Changed();
}

void UnixDatagram::Drop() {
  std::deque<Received> dropped;
  std::swap(dropped, received_);
  for (Received& received : dropped) Settle(&received);
  TellSenders();
}

// Whether it holds enough may have changed, which its senders wait for.
void UnixDatagram::TellSenders() {
  for (UnixDatagram* sender : senders_) sender->Changed();
}

// ---- The end.

SysResult UnixDatagram::Shutdown(ShutdownHow how) {
  if (how != ShutdownHow::kSend) shutdown_ |= kReceiveShut;
  if (how != ShutdownHow::kReceive) shutdown_ |= kSendShut;
  Changed();
  return 0;
}

void UnixDatagram::Close() {
  Unpublish();
  if (bound_) host_.unix_names.Unbind(local_, this);
  closed_ = true;
  ConnectTo(nullptr);
  Drop();
}

void UnixDatagram::Vanish() {
  Unpublish();
  closed_ = true;
  ConnectTo(nullptr);
  received_.clear();
}

// ---- Readiness: unix_dgram_poll, whose count of the buffer begins at 1.

unsigned UnixDatagram::Readiness() const {
  if (error_ != 0 || shutdown_ == kBothShut) return kReadable | kWritable;
  unsigned mask = 0;
  if ((shutdown_ & kReceiveShut) != 0 || !received_.empty()) mask |= kReadable;
  if ((charged_ + 1) * 4 > settings_.send_buffer) return mask;
  const bool waits = peer_ != nullptr && !peer_->closed_ &&
                     peer_->peer_.get() != this && peer_->HoldsEnough();
  return waits ? mask : mask | kWritable;
}

}  // namespace rondo::internal
