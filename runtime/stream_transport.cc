#include "rondo/runtime/stream_transport.h"

#include <utility>

namespace rondo::internal {

StreamTransport::StreamTransport(Socket socket,
                                 std::shared_ptr<Protocol> protocol)
    : SelectorTransport(std::move(socket)) {
  StreamTransport::SetProtocol(std::move(protocol));
}

void StreamTransport::SetProtocol(std::shared_ptr<Protocol> protocol) {
  if (protocol == nullptr) throw ValueError("a transport needs a protocol");
  buffered_ = protocol->AsBuffered();
  KeepWhileCalling();
  protocol_ = std::move(protocol);
}

void StreamTransport::ConnectionMade() {
  protocol_->ConnectionMade(
      std::static_pointer_cast<StreamTransport>(shared_from_this()));
}

std::span<char> StreamTransport::Buffer() {
  std::span<char> buffer;
  Guard("Fatal error: protocol.GetBuffer() failed", [&] {
    buffer = buffered_->GetBuffer(0);
    if (buffer.empty()) {
      throw RuntimeError("GetBuffer() returned an empty buffer");
    }
  });
  return buffer;
}

void StreamTransport::Lose(std::exception_ptr error) {
  protocol_->ConnectionLost(std::move(error));
}

void StreamTransport::LetProtocolGo() {
  KeepWhileCalling();
  protocol_.reset();
  buffered_ = nullptr;
}

}  // namespace rondo::internal
