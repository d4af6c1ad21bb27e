#include "rondo/runtime/streams.h"

#include <any>
#include <utility>

#include "rondo/runtime/connections.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/socket_transport.h"

namespace rondo {
namespace {

using SharedProtocol = std::shared_ptr<StreamReaderProtocol>;

[[noreturn]] void ThrowEmpty() { throw ValueError("use of an empty Stream"); }

SharedProtocol MakeProtocol(std::size_t limit) {
  return std::make_shared<StreamReaderProtocol>(
      std::make_shared<StreamReader>(limit));
}

// The Stream may be gone while what it has begun waits: `Keep` holds the reader
// for `read`, a function of it that returns a Coro.
template <class Read>
auto Keep(SharedProtocol protocol, Read read)
    -> decltype(read(protocol->reader())) {
  if (protocol == nullptr) ThrowEmpty();
  co_return co_await read(protocol->reader());
}

Coro<> WriteAndDrain(StreamWriter writer, std::span<const char> data) {
  writer.Write(data);
  co_await writer.Drain();
}

}  // namespace

Stream::Stream(Socket socket, std::size_t limit)
    : protocol_(MakeProtocol(limit)) {
  transport_ = internal::SocketTransport::Start(std::move(socket), protocol_);
}

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this != &other) {
    Close();
    transport_ = std::move(other.transport_);
    protocol_ = std::move(other.protocol_);
  }
  return *this;
}

Transport& Stream::transport() const {
  if (transport_ == nullptr) ThrowEmpty();
  return *transport_;
}

StreamReaderProtocol& Stream::protocol() const {
  if (protocol_ == nullptr) ThrowEmpty();
  return *protocol_;
}

StreamWriter Stream::writer() const {
  transport();
  return StreamWriter(transport_, protocol_);
}

Coro<std::string> Stream::Read(std::size_t n) {
  return Keep(protocol_, [n](StreamReader& reader) { return reader.Read(n); });
}

Coro<std::string> Stream::ReadAll() {
  return Keep(protocol_, [](StreamReader& reader) { return reader.ReadAll(); });
}

Coro<std::string> Stream::ReadExactly(std::size_t n) {
  return Keep(protocol_,
              [n](StreamReader& reader) { return reader.ReadExactly(n); });
}

Coro<std::string> Stream::ReadUntil(std::string separator) {
  std::vector<std::string> separators;
  separators.push_back(std::move(separator));
  return ReadUntil(std::move(separators));
}

Coro<std::string> Stream::ReadUntil(std::vector<std::string> separators) {
  return Keep(protocol_, [separators = std::move(separators)](
                             StreamReader& reader) mutable {
    return reader.ReadUntil(std::move(separators));
  });
}

Coro<std::string> Stream::ReadLine() {
  return Keep(protocol_,
              [](StreamReader& reader) { return reader.ReadLine(); });
}

Coro<std::optional<std::string>> Stream::NextLine() {
  return Keep(protocol_,
              [](StreamReader& reader) { return reader.NextLine(); });
}

Coro<> Stream::WriteAll(std::span<const char> data) {
  return WriteAndDrain(writer(), data);
}

SocketAddress Stream::Address(std::string_view name) const {
  if (transport_ == nullptr) return SocketAddress();
  const std::any address = transport_->GetExtraInfo(name);
  const auto* const found = std::any_cast<SocketAddress>(&address);
  return found == nullptr ? SocketAddress() : *found;
}

int Stream::fd() const {
  if (transport_ == nullptr) return -1;
  const std::any fd = transport_->GetExtraInfo("socket");
  return fd.has_value() ? std::any_cast<int>(fd) : -1;
}

Coro<Stream> OpenConnection(std::string host, std::uint16_t port,
                            std::size_t limit) {
  const SharedProtocol protocol = MakeProtocol(limit);
  ProtocolFactory factory = [protocol] { return protocol; };
  const Connection connection =
      co_await CreateConnection(std::move(factory), std::move(host), port);
  co_return Stream(connection.transport, protocol);
}

}  // namespace rondo
