#include "rondo/runtime/tls.h"

#include <any>
#include <exception>
#include <string_view>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/socket_transport.h"

namespace rondo {
namespace {

using internal::ConnectionOwner;

void RequireSide(const TlsOptions& tls, bool server) {
  if (tls.context == nullptr) throw ValueError("TLS needs a TlsContext");
  if (tls.context->is_server() == server) return;
  throw ValueError(server ? "a server needs TlsContext::Server"
                          : "a client needs TlsContext::Client");
}

// Makes the transport and waits for the end of the handshake.
Coro<Connection> StartConnection(ProtocolFactory factory, Socket socket,
                                 std::shared_ptr<ConnectionOwner> owner,
                                 TlsOptions tls) {
  std::shared_ptr<Protocol> protocol = factory();
  const Future<> waiter = CreateFuture();
  const auto transport =
      std::make_shared<TlsProtocol>(protocol, std::move(tls), waiter,
                                    /*has_transport=*/false);
  internal::SocketTransport::Start(std::move(socket), transport, {},
                                   std::move(owner));
  try {
    co_await waiter;
  } catch (...) {
    transport->Close();
    throw;
  }
  co_return Connection(transport, std::move(protocol));
}

internal::ConnectionStarter StarterWith(TlsOptions tls) {
  return [tls = std::move(tls)](ProtocolFactory factory, Socket socket,
                                std::shared_ptr<ConnectionOwner> owner) {
    return StartConnection(std::move(factory), std::move(socket),
                           std::move(owner), tls);
  };
}

}  // namespace

Coro<Connection> CreateConnection(ProtocolFactory factory, std::string host,
                                  std::uint16_t port, TlsOptions tls,
                                  ConnectionOptions options) {
  RequireSide(tls, /*server=*/false);
  if (!tls.server_hostname.has_value()) tls.server_hostname = host;
  Socket socket = co_await internal::ConnectSocket(std::move(host), port,
                                                   std::move(options));
  co_return co_await StartConnection(std::move(factory), std::move(socket),
                                     nullptr, std::move(tls));
}

Coro<Connection> CreateConnection(ProtocolFactory factory, Socket socket,
                                  TlsOptions tls) {
  return StartConnection(std::move(factory), std::move(socket), nullptr,
                         std::move(tls));
}

Coro<Stream> OpenConnection(std::string host, std::uint16_t port,
                            TlsOptions tls, std::size_t limit) {
  const auto protocol = std::make_shared<StreamReaderProtocol>(
      std::make_shared<StreamReader>(limit));
  ProtocolFactory factory = [protocol] { return protocol; };
  const Connection connection = co_await CreateConnection(
      std::move(factory), std::move(host), port, std::move(tls));
  co_return Stream(connection.transport, protocol);
}

Coro<Server> CreateServer(ProtocolFactory factory, std::string host,
                          std::uint16_t port, TlsOptions tls,
                          ServerOptions options) {
  RequireSide(tls, /*server=*/true);
  return internal::CreateServerWith(StarterWith(std::move(tls)),
                                    std::move(factory), std::move(host), port,
                                    options);
}

Coro<Server> StartServer(ConnectionHandler handler, std::string host,
                         std::uint16_t port, TlsOptions tls,
                         ServerOptions options) {
  return CreateServer(
      internal::StreamFactory(std::move(handler), options.limit),
      std::move(host), port, std::move(tls), options);
}

// ---- StartTls

namespace {

// `reader`: has what the peer has sent already; may be null.
Coro<std::shared_ptr<Transport>> Upgrade(std::shared_ptr<Transport> transport,
                                         std::shared_ptr<Protocol> protocol,
                                         TlsOptions options,
                                         StreamReader* reader) {
  if (transport == nullptr) throw ValueError("StartTls needs a transport");
  const Future<> waiter = CreateFuture();
  const auto tls = std::make_shared<TlsProtocol>(
      std::move(protocol), std::move(options), waiter, /*has_transport=*/true);
  if (reader != nullptr) tls->Feed(reader->TakeBuffered());
  // Nothing is to be read before the handshake has begun.
  transport->PauseReading();
  transport->SetProtocol(tls);
  EventLoop& loop = RunningLoop();
  Handle begin =
      loop.CallSoon([tls, transport] { tls->ConnectionMade(transport); },
                    "tls_connection_made");
  Handle resume = loop.CallSoon([transport] { transport->ResumeReading(); },
                                "tls_start_reading");
  try {
    co_await waiter;
  } catch (...) {
    transport->Close();
    begin.Cancel();
    resume.Cancel();
    throw;
  }
  co_return tls;
}

}  // namespace

Coro<std::shared_ptr<Transport>> StartTls(std::shared_ptr<Transport> transport,
                                          std::shared_ptr<Protocol> protocol,
                                          TlsOptions tls) {
  return Upgrade(std::move(transport), std::move(protocol), std::move(tls),
                 nullptr);
}

Coro<> StreamWriter::StartTls(TlsOptions options) {
  co_await Drain();
  transport_ = co_await Upgrade(transport_, protocol_, std::move(options),
                                &protocol_->reader());
  protocol_->ReplaceTransport(transport_);
}

Coro<> Stream::StartTls(TlsOptions options) {
  StreamWriter upgraded = writer();
  co_await upgraded.StartTls(std::move(options));
  transport_ = upgraded.transport();
}

std::shared_ptr<const TlsInfo> TlsInfoOf(const Stream& stream) {
  const std::any info = stream.transport().GetExtraInfo("tls");
  if (!info.has_value()) throw ValueError("the stream has no TLS");
  return std::any_cast<std::shared_ptr<const TlsInfo>>(info);
}

}  // namespace rondo
