#include "rondo/tests/benchmarks/asio_network_metrics.h"

// Boost 1.74 uses std::exchange without <utility>.
#include <utility>

#define BOOST_ASIO_DISABLE_THREADS 1
#include <array>
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <list>
#include <memory>
#include <vector>

#include "rondo/tests/benchmarks/socket_pairs.h"
#include "rondo/tests/support/test_certificates.h"

namespace rondo::benchmarks {
namespace {

namespace asio = boost::asio;

using asio::io_context;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;
using Executor = io_context::executor_type;
using Co = asio::awaitable<void, Executor>;
using TcpSocket = asio::basic_stream_socket<tcp, Executor>;
using UdpSocket = asio::basic_datagram_socket<udp, Executor>;
using UnixSocket =
    asio::basic_stream_socket<asio::local::stream_protocol, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
constexpr asio::use_awaitable_t<Executor> kUseCo{};
constexpr int kHint = BOOST_ASIO_CONCURRENCY_HINT_UNSAFE;

using Message = std::array<char, kEchoBytes>;

template <class Socket>
struct WireOf;
template <>
struct WireOf<TcpSocket> {
  static constexpr Wire kWire = Wire::kTcp;
  static tcp Protocol() { return tcp::v4(); }
};
template <>
struct WireOf<UdpSocket> {
  static constexpr Wire kWire = Wire::kUdp;
  static udp Protocol() { return udp::v4(); }
};
template <>
struct WireOf<UnixSocket> {
  static constexpr Wire kWire = Wire::kUnix;
  static asio::local::stream_protocol Protocol() { return {}; }
};

template <class Socket>
Socket Adopt(io_context& context, int fd) {
  return Socket(context.get_executor(), WireOf<Socket>::Protocol(), fd);
}

// How many clients have not ended yet; the context stops once none is left.
struct Race {
  void End() {
    if (--clients > 0) return;
    end = Now();
    context.stop();
  }

  io_context& context;
  int clients;
  double end = 0;
};

// ---- Echoes by callbacks.

template <class Socket, class Buffer, class Handler>
void Receive(Socket& socket, const Buffer& buffer, Handler handler) {
  if constexpr (std::is_same_v<Socket, UdpSocket>) {
    socket.async_receive(buffer, std::move(handler));
  } else {
    socket.async_read_some(buffer, std::move(handler));
  }
}
template <class Socket, class Buffer, class Handler>
void Send(Socket& socket, const Buffer& buffer, Handler handler) {
  if constexpr (std::is_same_v<Socket, UdpSocket>) {
    socket.async_send(buffer, std::move(handler));
  } else {
    socket.async_write_some(buffer, std::move(handler));
  }
}

// One end. A client counts what comes back.
template <class Socket>
struct EchoEnd {
  void Read() {
    Receive(socket, asio::buffer(message), [this](error_code error, auto n) {
      if (error) return;
      if (race != nullptr && --left == 0) return race->End();
      Write(n);
    });
  }
  void Write(std::size_t n) {
    Send(socket, asio::buffer(message, n), [this](error_code error, auto) {
      if (!error) Read();
    });
  }

  Socket socket;
  Race* race = nullptr;
  std::int64_t left = 0;
  Message message = {};
};

template <class Socket, int kConnections>
double CallbackRtt() {
  io_context context(kHint);
  Race race{context, kConnections};
  const std::int64_t each = EchoesEach(kConnections);
  std::list<EchoEnd<Socket>> all;
  const double start = Now();
  for (int i = 0; i < kConnections; ++i) {
    const Ends ends = ConnectEnds(WireOf<Socket>::kWire);
    all.push_back({Adopt<Socket>(context, ends.server)});
    all.back().Read();
    all.push_back({Adopt<Socket>(context, ends.client), &race, each});
    all.back().Write(kEchoBytes);
  }
  context.run();
  return static_cast<double>(each * kConnections) / (race.end - start);
}

// ---- Echoes by coroutines.

template <class Socket>
Co Echo(Socket socket) {
  Message message;
  for (;;) {
    error_code error;
    const std::size_t n = co_await socket.async_read_some(
        asio::buffer(message), asio::redirect_error(kUseCo, error));
    if (error) co_return;
    co_await asio::async_write(socket, asio::buffer(message, n), kUseCo);
  }
}

template <class Socket>
Co Ping(Socket socket, std::int64_t n, Race& race) {
  Message message = {};
  for (; n > 0; --n) {
    co_await asio::async_write(socket, asio::buffer(message), kUseCo);
    co_await socket.async_read_some(asio::buffer(message), kUseCo);
  }
  race.End();
}

template <class Socket, int kConnections>
double CoroutineRtt() {
  io_context context(kHint);
  Race race{context, kConnections};
  const std::int64_t each = EchoesEach(kConnections);
  const Executor executor = context.get_executor();
  const double start = Now();
  for (int i = 0; i < kConnections; ++i) {
    const Ends ends = ConnectEnds(WireOf<Socket>::kWire);
    asio::co_spawn(executor, Echo(Adopt<Socket>(context, ends.server)),
                   asio::detached);
    asio::co_spawn(executor,
                   Ping(Adopt<Socket>(context, ends.client), each, race),
                   asio::detached);
  }
  context.run();
  return static_cast<double>(each * kConnections) / (race.end - start);
}

// ---- Bulk.

template <class Stream>
Co Fill(Stream& stream, std::int64_t bytes) {
  const std::vector<char> block(kBlock);
  for (; bytes > 0; bytes -= static_cast<std::int64_t>(kBlock)) {
    co_await asio::async_write(stream, asio::buffer(block), kUseCo);
  }
}

template <class Stream>
Co Drain(Stream& stream, std::int64_t bytes) {
  std::vector<char> buffer(kBlock);
  while (bytes > 0) {
    bytes -= static_cast<std::int64_t>(
        co_await stream.async_read_some(asio::buffer(buffer), kUseCo));
  }
}

template <class Stream>
double Transfer(io_context& context, Stream& source, Stream& sink,
                std::int64_t bytes) {
  const Executor executor = context.get_executor();
  asio::co_spawn(executor, Drain(sink, bytes), asio::detached);
  asio::co_spawn(executor, Fill(source, bytes), asio::detached);
  const double start = Now();
  context.restart();
  context.run();
  return 1e-9 * static_cast<double>(bytes) / (Now() - start);
}

double TcpBulk() {
  io_context context(kHint);
  const Ends ends = ConnectEnds(Wire::kTcp);
  auto source = Adopt<TcpSocket>(context, ends.client);
  auto sink = Adopt<TcpSocket>(context, ends.server);
  return Transfer(context, source, sink, BulkBytes());
}

double TlsBulk() {
  TestAuthority authority("Benchmarks");
  const TestIdentity identity = authority.Issue({"localhost"});
  asio::ssl::context server(asio::ssl::context::tls_server);
  server.use_certificate_chain(asio::buffer(identity.certificate));
  server.use_private_key(asio::buffer(identity.key), asio::ssl::context::pem);
  asio::ssl::context client(asio::ssl::context::tls_client);
  io_context context(kHint);
  const Ends ends = ConnectEnds(Wire::kTcp);
  using TlsStream = asio::ssl::stream<TcpSocket>;
  TlsStream source(Adopt<TcpSocket>(context, ends.client), client);
  TlsStream sink(Adopt<TcpSocket>(context, ends.server), server);
  int failed = 0;
  const auto count = [&](error_code error) { failed += error ? 1 : 0; };
  sink.async_handshake(asio::ssl::stream_base::server, count);
  source.async_handshake(asio::ssl::stream_base::client, count);
  context.run();
  return failed > 0 ? -1 : Transfer(context, source, sink, TlsBulkBytes());
}

// ---- Connections.

Co Accept(Acceptor& acceptor) {
  for (;;) {
    TcpSocket socket = co_await acceptor.async_accept(kUseCo);
    socket.set_option(tcp::no_delay(true));
  }
}

Co ConnectAgain(const Acceptor& acceptor, Race& race) {
  const Executor executor = race.context.get_executor();
  const tcp::endpoint endpoint = acceptor.local_endpoint();
  char byte;
  for (std::int64_t i = ConnectionsEach(); i > 0; --i) {
    TcpSocket socket(executor);
    co_await socket.async_connect(endpoint, kUseCo);
    socket.set_option(tcp::no_delay(true));
    error_code error;
    co_await socket.async_read_some(asio::buffer(&byte, 1),
                                    asio::redirect_error(kUseCo, error));
  }
  race.End();
}

double ConnectRate() {
  io_context context(kHint);
  Race race{context, kConnectors};
  const Executor executor = context.get_executor();
  Acceptor acceptor(executor,
                    tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  asio::co_spawn(executor, Accept(acceptor), asio::detached);
  for (int i = 0; i < kConnectors; ++i) {
    asio::co_spawn(executor, ConnectAgain(acceptor, race), asio::detached);
  }
  const double start = Now();
  context.run();
  return static_cast<double>(kConnectors * ConnectionsEach()) /
         (race.end - start);
}

constexpr Metric kMetrics[] = {
    {"tcp_rtt_1", CallbackRtt<TcpSocket, 1>},
    {"tcp_rtt_64", CallbackRtt<TcpSocket, 64>},
    {"unix_rtt_1", CallbackRtt<UnixSocket, 1>},
    {"unix_rtt_64", CallbackRtt<UnixSocket, 64>},
    {"udp_rtt_1", CallbackRtt<UdpSocket, 1>},
    {"udp_rtt_64", CallbackRtt<UdpSocket, 64>},
    {"tcp_bulk", TcpBulk},
    {"connect_rate", ConnectRate},
    {"tcp_rtt_1_stream", CoroutineRtt<TcpSocket, 1>},
    {"tcp_rtt_64_stream", CoroutineRtt<TcpSocket, 64>},
    {"unix_rtt_1_stream", CoroutineRtt<UnixSocket, 1>},
    {"unix_rtt_64_stream", CoroutineRtt<UnixSocket, 64>},
    {"tcp_bulk_stream", TcpBulk},
    {"tls_bulk", TlsBulk},
    {"connect_rate_stream", ConnectRate},
    {"tcp_rtt_1_sock", CoroutineRtt<TcpSocket, 1>},
    {"tcp_rtt_64_sock", CoroutineRtt<TcpSocket, 64>},
    {"tcp_bulk_sock", TcpBulk},
};

}  // namespace

std::span<const Metric> AsioNetworkMetrics() { return kMetrics; }

}  // namespace rondo::benchmarks
