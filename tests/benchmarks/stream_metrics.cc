#include "rondo/tests/benchmarks/stream_metrics.h"

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/system_loop.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/tls.h"
#include "rondo/tests/benchmarks/socket_pairs.h"
#include "rondo/tests/support/test_certificates.h"

namespace rondo::benchmarks {
namespace {

using Message = std::array<char, kEchoBytes>;

double Rate(std::int64_t n, double since) {
  return static_cast<double>(n) / (Now() - since);
}

// ---- Echoes.

Coro<> Echo(Stream stream) {
  Message message;
  while (const std::size_t n = co_await stream.Read(message)) {
    co_await stream.WriteAll({message.data(), n});
  }
}

Coro<> Ping(Stream stream, std::int64_t n) {
  Message message = {};
  for (; n > 0; --n) {
    co_await stream.WriteAll(message);
    co_await stream.Read(message);
  }
}

Coro<> SockEcho(Socket socket) {
  Message message;
  while (const std::size_t n = co_await SockRecvInto(socket.fd(), message)) {
    co_await SockSendAll(socket.fd(), {message.data(), n});
  }
}

Coro<> SockPing(Socket socket, std::int64_t n) {
  Message message = {};
  for (; n > 0; --n) {
    co_await SockSendAll(socket.fd(), message);
    co_await SockRecvInto(socket.fd(), message);
  }
}

Coro<double> Echoes(Wire wire, int connections, bool streams) {
  const std::int64_t each = EchoesEach(connections);
  std::vector<Task<>> servers;
  std::vector<Task<>> clients;
  const double start = Now();
  for (int i = 0; i < connections; ++i) {
    const Ends ends = ConnectEnds(wire);
    if (streams) {
      servers.push_back(CreateTask(Echo(Stream(Socket(ends.server)))));
      clients.push_back(CreateTask(Ping(Stream(Socket(ends.client)), each)));
    } else {
      servers.push_back(CreateTask(SockEcho(Socket(ends.server))));
      clients.push_back(CreateTask(SockPing(Socket(ends.client), each)));
    }
  }
  for (const Task<>& client : clients) co_await client;
  const double rate = Rate(each * connections, start);
  for (const Task<>& server : servers) co_await server;
  co_return rate;
}

template <Wire kWire, int kConnections, bool kStreams>
double Rtt() {
  return MakeSystemLoop()->RunUntilComplete(
      Echoes(kWire, kConnections, kStreams));
}

// ---- Bulk.

Coro<> Fill(Stream& stream, std::int64_t bytes) {
  const std::vector<char> block(kBlock);
  for (; bytes > 0; bytes -= static_cast<std::int64_t>(kBlock)) {
    co_await stream.WriteAll(block);
  }
}

Coro<> SockFill(int fd, std::int64_t bytes) {
  const std::vector<char> block(kBlock);
  for (; bytes > 0; bytes -= static_cast<std::int64_t>(kBlock)) {
    co_await SockSendAll(fd, block);
    co_await Yield();  // As Asio's do: a block each turn.
  }
}

Coro<double> DrainAll(Stream& source, Stream& sink, std::int64_t bytes) {
  std::vector<char> buffer(kBlock);
  const double start = Now();
  const Task<> fill = CreateTask(Fill(source, bytes));
  for (std::int64_t left = bytes; left > 0;) {
    left -= static_cast<std::int64_t>(co_await sink.Read(buffer));
  }
  const double rate = 1e-9 * Rate(bytes, start);
  co_await fill;
  co_return rate;
}

Coro<double> StreamBulk() {
  const Ends ends = ConnectEnds(Wire::kTcp);
  Stream sink{Socket(ends.server)};
  Stream source{Socket(ends.client)};
  co_return co_await DrainAll(source, sink, BulkBytes());
}

Coro<double> SockBulk() {
  const Ends ends = ConnectEnds(Wire::kTcp);
  const Socket sink(ends.server);
  const Socket source(ends.client);
  const std::int64_t bytes = BulkBytes();
  std::vector<char> buffer(kBlock);
  const double start = Now();
  const Task<> fill = CreateTask(SockFill(source.fd(), bytes));
  for (std::int64_t left = bytes; left > 0;) {
    left -= static_cast<std::int64_t>(co_await SockRecvInto(sink.fd(), buffer));
  }
  const double rate = 1e-9 * Rate(bytes, start);
  co_await fill;
  co_return rate;
}

Coro<> BecomeServer(Stream& stream, TlsOptions options) {
  co_await stream.StartTls(std::move(options));
}

Coro<double> TlsBulkOf(const TestIdentity& identity) {
  TlsSettings server;
  server.certificate_pem = identity.certificate;
  server.key_pem = identity.key;
  TlsSettings client;
  client.verify = TlsVerify::kNone;
  client.check_hostname = false;
  const Ends ends = ConnectEnds(Wire::kTcp);
  Stream sink{Socket(ends.server)};
  Stream source{Socket(ends.client)};
  TlsOptions accept(TlsContext::Server(server));
  TlsOptions connect(TlsContext::Client(client), "");
  const Task<> accepted = CreateTask(BecomeServer(sink, accept));
  co_await source.StartTls(connect);
  co_await accepted;
  co_return co_await DrainAll(source, sink, TlsBulkBytes());
}

double TcpBulkStream() {
  return MakeSystemLoop()->RunUntilComplete(StreamBulk());
}
double TcpBulkSock() { return MakeSystemLoop()->RunUntilComplete(SockBulk()); }
double TlsBulk() {
  TestAuthority authority("Benchmarks");
  const TestIdentity identity = authority.Issue({"localhost"});
  return MakeSystemLoop()->RunUntilComplete(TlsBulkOf(identity));
}

// ---- Connections. The server closes them at once, the client when it knows.

Coro<> Dismiss(Stream) { co_return; }

Coro<> ConnectAgain(std::uint16_t port) {
  char byte;
  for (std::int64_t i = ConnectionsEach(); i > 0; --i) {
    Stream stream = co_await OpenConnection("127.0.0.1", port);
    co_await stream.Read(std::span<char>(&byte, 1));
  }
}

Coro<double> Connections() {
  Server server = co_await StartServer(Dismiss, "127.0.0.1", 0);
  const std::uint16_t port = server.addresses().front().port();
  std::vector<Task<>> clients;
  const double start = Now();
  for (int i = 0; i < kConnectors; ++i) {
    clients.push_back(CreateTask(ConnectAgain(port)));
  }
  for (const Task<>& client : clients) co_await client;
  co_return Rate(kConnectors * ConnectionsEach(), start);
}

double ConnectRateStream() {
  return MakeSystemLoop()->RunUntilComplete(Connections());
}

constexpr Metric kMetrics[] = {
    {"tcp_rtt_1_stream", Rtt<Wire::kTcp, 1, true>},
    {"tcp_rtt_64_stream", Rtt<Wire::kTcp, 64, true>},
    {"unix_rtt_1_stream", Rtt<Wire::kUnix, 1, true>},
    {"unix_rtt_64_stream", Rtt<Wire::kUnix, 64, true>},
    {"tcp_bulk_stream", TcpBulkStream},
    {"tls_bulk", TlsBulk},
    {"connect_rate_stream", ConnectRateStream},
    {"tcp_rtt_1_sock", Rtt<Wire::kTcp, 1, false>},
    {"tcp_rtt_64_sock", Rtt<Wire::kTcp, 64, false>},
    {"tcp_bulk_sock", TcpBulkSock},
};

}  // namespace

std::span<const Metric> StreamMetrics() { return kMetrics; }

}  // namespace rondo::benchmarks
