// What the transports of streams of bytes have in common: a Protocol, and how
// bytes come to it.
#ifndef RONDO_RUNTIME_STREAM_TRANSPORT_H_
#define RONDO_RUNTIME_STREAM_TRANSPORT_H_

#include <cerrno>
#include <cstddef>
#include <exception>
#include <memory>
#include <span>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/read_scratch.h"
#include "rondo/runtime/selector_transport.h"
#include "rondo/runtime/socket_types.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/transport.h"

namespace rondo::internal {

class StreamTransport : public SelectorTransport<Transport> {
 public:
  void SetProtocol(std::shared_ptr<Protocol> protocol) override;
  std::shared_ptr<Protocol> GetProtocol() const override { return protocol_; }

 protected:
  StreamTransport(Socket socket, std::shared_ptr<Protocol> protocol);

  void ConnectionMade() override;
  BaseProtocol* protocol() const override { return protocol_.get(); }
  void Lose(std::exception_ptr error) override;
  void LetProtocolGo() override;

  // Has `receive`, which takes a span and answers as Network::Receive does,
  // fill the protocol's buffer, or one that is passed on. Returns its answer;
  // -EAGAIN if the protocol has none, which breaks the connection.
  template <class Receive>
  SysResult ReadOnce(Receive receive);

  // Whether the protocol wants to be given more at once.
  bool ReadsOn() const { return buffered_ != nullptr && buffered_->ReadsOn(); }

  std::shared_ptr<Protocol> protocol_;

 private:
  // While the protocol is called: if it is let go, it lives until then. (A
  // reference of its own for each call would be counted atomically.)
  class Calling {
   public:
    explicit Calling(StreamTransport* t) : transport_(t) { t->calling_ = true; }
    ~Calling() {
      transport_->calling_ = false;
      if (transport_->former_ != nullptr) [[unlikely]] {
        transport_->former_.reset();
      }
    }

   private:
    StreamTransport* transport_;
  };
  void KeepWhileCalling() {
    if (calling_ && former_ == nullptr) former_ = std::move(protocol_);
  }

  // What the protocol offers; empty: none.
  std::span<char> Buffer();

  BufferedProtocol* buffered_ = nullptr;  // The protocol, if it is one.
  std::shared_ptr<Protocol> former_;
  bool calling_ = false;
};

template <class Receive>
SysResult StreamTransport::ReadOnce(Receive receive) {
  const Calling calling(this);
  Protocol* const protocol = protocol_.get();
  BufferedProtocol* const buffered = buffered_;
  const std::span<char> buffer = buffered == nullptr ? ReadScratch() : Buffer();
  if (buffer.empty()) return -EAGAIN;
  const SysResult n = receive(buffer);
  if (n <= 0) return n;
  const std::size_t size = static_cast<std::size_t>(n);
  if (buffered == nullptr) {
    Guard("Fatal error: protocol.DataReceived() failed",
          [&] { protocol->DataReceived(buffer.first(size)); });
  } else {
    Guard("Fatal error: protocol.BufferUpdated() failed",
          [&] { buffered->BufferUpdated(size); });
  }
  return n;
}

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_STREAM_TRANSPORT_H_
