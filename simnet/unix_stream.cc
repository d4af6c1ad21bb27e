#include "rondo/simnet/unix_stream.h"

#include <algorithm>
#include <cerrno>

#include "rondo/simnet/buffer_charge.h"

namespace rondo::internal {
namespace {

constexpr int kMaxBacklog = 4096;  // net.core.somaxconn.

}  // namespace

UnixStream::~UnixStream() {
  if (peer_ != nullptr) peer_->peer_ = nullptr;
}

std::pair<std::shared_ptr<UnixStream>, std::shared_ptr<UnixStream>>
UnixStream::MakePair(NetworkContext& context, NetworkHost& host) {
  auto a = std::make_shared<UnixStream>(context, host);
  auto b = std::make_shared<UnixStream>(context, host);
  a->Pair(b.get());
  const std::string name = host.Numbered(host.name + ":pair");
  a->SetName(name + ">");
  b->SetName(name + "<");
  return {std::move(a), std::move(b)};
}

void UnixStream::Pair(UnixStream* peer) {
  peer_ = peer;
  peer->peer_ = this;
  state_ = peer->state_ = State::kConnected;
}

// ---- Names and connecting.

SysResult UnixStream::Listen(int backlog) {
  if (!bound_ || state_ == State::kConnected) return -EINVAL;
  backlog_ = backlog < 0 || backlog > kMaxBacklog ? kMaxBacklog : backlog;
  state_ = State::kListening;
  SetName(host_.name + ":" + UnixDisplayName(local_));
  Changed();
  return 0;
}

SysResult UnixStream::Accept(std::shared_ptr<SimSocket>* child,
                             SocketAddress* peer) {
  if (state_ != State::kListening) return -EINVAL;
  if (pending_.empty()) return -EAGAIN;
  if (peer != nullptr) *peer = pending_.front()->remote();
  *child = std::move(pending_.front());
  pending_.pop_front();
  Changed();
  return 0;
}

SysResult UnixStream::Connect(const SocketAddress& address) {
  if (address.family() != AddressFamily::kUnix || address.path().empty()) {
    return -EINVAL;
  }
  std::shared_ptr<SimSocket> found;
  const SysResult result = host_.unix_names.Find(address, &found);
  if (result < 0) return result;
  auto* const listener = dynamic_cast<UnixStream*>(found.get());
  if (listener == nullptr) return -EPROTOTYPE;
  if (listener->state_ != State::kListening ||
      (listener->shutdown_ & kReceiveShut) != 0) {
    return -ECONNREFUSED;
  }
  if (static_cast<int>(listener->pending_.size()) > listener->backlog_) {
    return -EAGAIN;
  }
  if (state_ == State::kConnected) return -EISCONN;
  if (state_ == State::kListening) return -EINVAL;
  auto child = std::make_shared<UnixStream>(context_, host_);
  Pair(child.get());
  child->local_ = listener->local_;
  const std::string name =
      host_.Numbered(host_.name + ">" + UnixDisplayName(listener->local_));
  SetName(name + ">");
  child->SetName(name + "<");
  context_.Observe(NetworkEventKind::kConnect, host_.id, HashName(name), 0,
                   name);
  listener->pending_.push_back(std::move(child));
  listener->Changed();
  Changed();
  return 0;
}

SysResult UnixStream::PeerAddress(SocketAddress* address) const {
  if (state_ != State::kConnected) return -ENOTCONN;
  *address = remote();
  return 0;
}

// ---- Data.

SysResult UnixStream::SendTo(std::span<const char>, const SocketAddress&) {
  return state_ == State::kConnected ? -EISCONN : -EOPNOTSUPP;
}

SysResult UnixStream::SendMessage(MessageParts parts) {
  if (state_ != State::kConnected) return -ENOTCONN;
  if ((shutdown_ & kSendShut) != 0 || peer_ == nullptr) return -EPIPE;
  const std::size_t size = SizeOf(parts);
  const std::size_t capacity = settings_.send_buffer;
  const std::size_t longest = std::clamp<std::size_t>(
      capacity / 2 < 64 ? 0 : capacity / 2 - 64, 1, kUnixPiece);
  PartsReader reader(parts);
  std::size_t sent = 0;
  while (sent < size && charged_ < capacity) {
    Piece piece{std::string(std::min(size - sent, longest), '\0'), 0};
    reader.Read(piece.data);
    piece.charge = UnixStreamCharge(piece.data.size());
    charged_ += piece.charge;
    sent += piece.data.size();
    peer_->received_.push_back(std::move(piece));
  }
  if (sent == 0) return size == 0 ? 0 : -EAGAIN;
  if (context_.observer != nullptr) {
    context_.Observe(NetworkEventKind::kSend, host_.id, id_, sent, name_,
                     Join(parts, sent));
  }
  Changed();
  peer_->Changed();
  return static_cast<SysResult>(sent);
}

SysResult UnixStream::Receive(std::span<char> buffer) {
  if (state_ != State::kConnected) return -EINVAL;
  if (!received_.empty()) return static_cast<SysResult>(Take(buffer));
  if (error_ != 0) return -TakeError();
  return (shutdown_ & kReceiveShut) != 0 ? 0 : -EAGAIN;
}

std::size_t UnixStream::Take(std::span<char> buffer) {
  std::size_t done = 0;
  while (done < buffer.size() && !received_.empty()) {
    Piece& piece = received_.front();
    const std::size_t size =
        std::min(buffer.size() - done, piece.data.size() - piece.read);
    std::copy_n(piece.data.begin() + static_cast<std::ptrdiff_t>(piece.read),
                size, buffer.begin() + static_cast<std::ptrdiff_t>(done));
    piece.read += size;
    done += size;
    if (piece.read < piece.data.size()) break;
    if (peer_ != nullptr) peer_->charged_ -= piece.charge;
    received_.pop_front();
  }
  if (done > 0) {
    Changed();
    if (peer_ != nullptr) peer_->Changed();
  }
  return done;
}

SysResult UnixStream::ReceiveFrom(std::span<char> buffer, SocketAddress* from,
                                  bool* truncated) {
  const SysResult result = Receive(buffer);
  if (result < 0) return result;
  if (from != nullptr) {
    *from = result > 0 && !remote().path().empty() ? remote() : SocketAddress();
  }
  if (truncated != nullptr) *truncated = false;
  return result;
}

// ---- The end.

SysResult UnixStream::Shutdown(ShutdownHow how) {
  const bool receive = how != ShutdownHow::kSend;
  const bool send = how != ShutdownHow::kReceive;
  shutdown_ |= (receive ? kReceiveShut : 0u) | (send ? kSendShut : 0u);
  Changed();
  if (peer_ != nullptr) {
    peer_->shutdown_ |= (receive ? kSendShut : 0u) | (send ? kReceiveShut : 0u);
    peer_->Changed();
  }
  return 0;
}

void UnixStream::Close() {
  Unpublish();
  if (bound_) host_.unix_names.Unbind(local_, this);
  for (const std::shared_ptr<UnixStream>& child : pending_) child->Leave(true);
  pending_.clear();
  Leave(!received_.empty());
}

void UnixStream::Leave(bool unread) {
  if (peer_ == nullptr) return;
  UnixStream* const peer = std::exchange(peer_, nullptr);
  peer->peer_ = nullptr;
  peer->remote_ = local_;
  peer->shutdown_ = kBothShut;
  peer->charged_ = 0;
  if (unread) peer->error_ = ECONNRESET;
  peer->Changed();
}

void UnixStream::Vanish() {
  Unpublish();
  if (peer_ != nullptr) peer_->peer_ = nullptr;
  peer_ = nullptr;
  pending_.clear();
}

// ---- Readiness: unix_poll, whose count of the buffer begins at 1.

unsigned UnixStream::Readiness() const {
  if (state_ == State::kListening) {
    const bool readable = !pending_.empty() || (shutdown_ & kReceiveShut) != 0;
    return shutdown_ == kBothShut ? kReadable | kWritable
           : readable             ? kReadable
                                  : 0;
  }
  if (state_ == State::kUnconnected || shutdown_ == kBothShut || error_ != 0) {
    return kReadable | kWritable;
  }
  unsigned mask = (charged_ + 1) * 4 <= settings_.send_buffer ? kWritable : 0;
  if ((shutdown_ & kReceiveShut) != 0 || !received_.empty()) mask |= kReadable;
  return mask;
}

}  // namespace rondo::internal
