#include "rondo/runtime/datagram_transport.h"

#include <cerrno>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/read_scratch.h"

namespace rondo::internal {

std::shared_ptr<DatagramSocketTransport> DatagramSocketTransport::Start(
    Socket socket, std::shared_ptr<DatagramProtocol> protocol,
    std::optional<SocketAddress> remote, const Future<>& waiter) {
  auto transport = std::make_shared<DatagramSocketTransport>(
      std::move(socket), std::move(protocol), std::move(remote));
  transport->QueueStart(waiter);
  return transport;
}

DatagramSocketTransport::DatagramSocketTransport(
    Socket socket, std::shared_ptr<DatagramProtocol> protocol,
    std::optional<SocketAddress> remote)
    : SelectorTransport(std::move(socket)), remote_(std::move(remote)) {
  SetProtocol(std::move(protocol));
  Local();  // As of the beginning: the first datagram may bind the socket.
  SocketAddress peer;
  connected_ = network_->PeerAddress(fd(), &peer) >= 0;
}

void DatagramSocketTransport::SetProtocol(
    std::shared_ptr<DatagramProtocol> protocol) {
  if (protocol == nullptr) throw ValueError("a transport needs a protocol");
  protocol_ = std::move(protocol);
}

void DatagramSocketTransport::ConnectionMade() {
  protocol_->ConnectionMade(
      std::static_pointer_cast<DatagramSocketTransport>(shared_from_this()));
}

void DatagramSocketTransport::TellError(SysResult result, std::string_view call,
                                        const SocketAddress& peer) {
  const std::shared_ptr<DatagramProtocol> keep = protocol_;
  Guard("Fatal error: protocol.ErrorReceived() failed", [&] {
    keep->ErrorReceived(
        std::make_exception_ptr(SocketError(result, call, peer.ToString())));
  });
}

void DatagramSocketTransport::ReadReady() {
  if (lost_ != 0) return;
  const std::span<char> buffer = ReadScratch();
  SocketAddress from;
  const SysResult n = network_->ReceiveFrom(fd(), buffer, &from, nullptr);
  if (n == -EAGAIN) return;
  if (n < 0) return TellError(n, "recvfrom", peer_);
  const std::shared_ptr<DatagramProtocol> keep = protocol_;
  Guard("Fatal error: protocol.DatagramReceived() failed", [&] {
    keep->DatagramReceived(buffer.first(static_cast<std::size_t>(n)), from);
  });
}

SysResult DatagramSocketTransport::Send(std::span<const char> data,
                                        const SocketAddress& to) {
  return connected_ ? network_->Send(fd(), data)
                    : network_->SendTo(fd(), data, to);
}

void DatagramSocketTransport::SendTo(std::span<const char> data,
                                     const std::optional<SocketAddress>& to) {
  if (remote_.has_value() && to.has_value() && *to != *remote_) {
    throw ValueError("the endpoint's peer is " + remote_->ToString() +
                     ": nothing can be sent to " + to->ToString());
  }
  if (!remote_.has_value() && !to.has_value()) {
    throw ValueError("an endpoint without a peer needs an address to send to");
  }
  const SocketAddress& target = remote_.has_value() ? *remote_ : *to;
  if (lost_ != 0) return NoteLateWrite();
  if (buffer_.empty()) {
    const SysResult result = Send(data, target);
    if (result >= 0) return;
    if (result != -EAGAIN) return TellError(result, "sendto", target);
    AddWriter();
  }
  buffer_.push_back({std::string(data.data(), data.size()), target});
  buffered_ += data.size() + kHeader;
  flow_.Grown(buffered_, protocol_.get());
}

void DatagramSocketTransport::WriteReady() {
  if (lost_ != 0) return;
  while (!buffer_.empty()) {
    const SysResult result = Send(buffer_.front().data, buffer_.front().to);
    if (result == -EAGAIN) break;
    const Datagram sent = std::move(buffer_.front());
    buffer_.pop_front();
    buffered_ -= sent.data.size() + kHeader;
    if (result < 0) return TellError(result, "sendto", sent.to);
  }
  flow_.Shrunk(buffered_, protocol_.get());
  if (!buffer_.empty()) return;
  RemoveWriter();
  if (closing_) CallConnectionLost(nullptr);
}

void DatagramSocketTransport::DropBuffer() {
  buffer_.clear();
  buffered_ = 0;
}

void DatagramSocketTransport::Lose(std::exception_ptr error) {
  protocol_->ConnectionLost(std::move(error));
}

}  // namespace rondo::internal
