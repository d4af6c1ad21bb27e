// The transport of a datagram socket.
//
// Source: asyncio.selector_events._SelectorDatagramTransport.
#ifndef RONDO_RUNTIME_DATAGRAM_TRANSPORT_H_
#define RONDO_RUNTIME_DATAGRAM_TRANSPORT_H_

#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "rondo/runtime/future.h"
#include "rondo/runtime/selector_transport.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/transport.h"

namespace rondo::internal {

class DatagramSocketTransport final
    : public SelectorTransport<DatagramTransport> {
 public:
  // As SocketTransport::Start. `remote`: where SendTo sends without an address,
  // and nowhere else.
  static std::shared_ptr<DatagramSocketTransport> Start(
      Socket socket, std::shared_ptr<DatagramProtocol> protocol,
      std::optional<SocketAddress> remote, const Future<>& waiter);

  // For Start.
  DatagramSocketTransport(Socket socket,
                          std::shared_ptr<DatagramProtocol> protocol,
                          std::optional<SocketAddress> remote);

  using DatagramTransport::SendTo;
  void SendTo(std::span<const char> data,
              const std::optional<SocketAddress>& to) override;
  std::size_t GetWriteBufferSize() const override { return buffered_; }

  void SetProtocol(std::shared_ptr<DatagramProtocol> protocol) override;
  std::shared_ptr<DatagramProtocol> GetProtocol() const override {
    return protocol_;
  }

 private:
  struct Datagram {
    std::string data;
    SocketAddress to;
  };
  // What a datagram in the buffer counts besides its bytes.
  static constexpr std::size_t kHeader = 8;

  void ConnectionMade() override;
  void ReadReady() override;
  void WriteReady() override;
  void DropBuffer() override;
  BaseProtocol* protocol() const override { return protocol_.get(); }
  void Lose(std::exception_ptr error) override;
  void LetProtocolGo() override { protocol_.reset(); }

  SysResult Send(std::span<const char> data, const SocketAddress& to);
  // Tells the protocol of an error that the endpoint survives.
  void TellError(SysResult result, std::string_view call,
                 const SocketAddress& peer);

  std::shared_ptr<DatagramProtocol> protocol_;
  std::optional<SocketAddress> remote_;
  bool connected_ = false;  // The kernel knows the peer.
  std::deque<Datagram> buffer_;
  std::size_t buffered_ = 0;
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_DATAGRAM_TRANSPORT_H_
