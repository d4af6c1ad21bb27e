#include "rondo/tests/benchmarks/network_metrics.h"

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "rondo/runtime/connections.h"
#include "rondo/runtime/datagrams.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/system_loop.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/transport.h"
#include "rondo/tests/benchmarks/socket_pairs.h"

namespace rondo::benchmarks {
namespace {

constexpr std::array<char, kEchoBytes> kPing = {};

// How many clients have not ended yet; `done` once none is left.
struct Race {
  explicit Race(int n) : clients(n), done(CreateFuture()) {}

  void End() {
    if (--clients > 0) return;
    end = Now();
    done.SetResult();
  }

  int clients;
  double end = 0;
  Future<> done;
};

// ---- Echoes.

class EchoProtocol final : public Protocol {
 public:
  void ConnectionMade(std::shared_ptr<Transport> transport) override {
    transport_ = std::move(transport);
  }
  void DataReceived(std::span<const char> data) override {
    transport_->Write(data);
  }

 private:
  std::shared_ptr<Transport> transport_;
};

class PingProtocol final : public Protocol {
 public:
  PingProtocol(Race* race, std::int64_t n) : race_(race), left_(n) {}

  void ConnectionMade(std::shared_ptr<Transport> transport) override {
    transport_ = std::move(transport);
  }
  void DataReceived(std::span<const char>) override {
    --left_ > 0 ? transport_->Write(kPing) : race_->End();
  }

 private:
  Race* const race_;
  std::int64_t left_;
  std::shared_ptr<Transport> transport_;
};

class EchoDatagrams final : public DatagramProtocol {
 public:
  void ConnectionMade(std::shared_ptr<DatagramTransport> transport) override {
    transport_ = std::move(transport);
  }
  void DatagramReceived(std::span<const char> data,
                        const SocketAddress&) override {
    transport_->SendTo(data);
  }

 private:
  std::shared_ptr<DatagramTransport> transport_;
};

class PingDatagrams final : public DatagramProtocol {
 public:
  PingDatagrams(Race* race, std::int64_t n) : race_(race), left_(n) {}

  void ConnectionMade(std::shared_ptr<DatagramTransport> transport) override {
    transport_ = std::move(transport);
  }
  void DatagramReceived(std::span<const char>, const SocketAddress&) override {
    --left_ > 0 ? transport_->SendTo(kPing) : race_->End();
  }

 private:
  Race* const race_;
  std::int64_t left_;
  std::shared_ptr<DatagramTransport> transport_;
};

Coro<double> StreamEchoes(Wire wire, int connections) {
  Race race(connections);
  const std::int64_t each = EchoesEach(connections);
  std::vector<std::shared_ptr<Transport>> clients;
  for (int i = 0; i < connections; ++i) {
    const Ends ends = ConnectEnds(wire);
    ProtocolFactory echo = [] { return std::make_shared<EchoProtocol>(); };
    Socket server(ends.server);
    co_await CreateConnection(std::move(echo), std::move(server));
    ProtocolFactory ping = [&race, each] {
      return std::make_shared<PingProtocol>(&race, each);
    };
    Socket client(ends.client);
    const Connection connection =
        co_await CreateConnection(std::move(ping), std::move(client));
    clients.push_back(connection.transport);
  }
  const double start = Now();
  for (const auto& client : clients) client->Write(kPing);
  co_await race.done;
  co_return static_cast<double>(each * connections) / (race.end - start);
}

Coro<double> DatagramEchoes(int connections) {
  Race race(connections);
  const std::int64_t each = EchoesEach(connections);
  std::vector<std::shared_ptr<DatagramTransport>> clients;
  for (int i = 0; i < connections; ++i) {
    const Ends ends = ConnectEnds(Wire::kUdp);
    DatagramProtocolFactory echo = [] {
      return std::make_shared<EchoDatagrams>();
    };
    Socket server(ends.server);
    co_await CreateDatagramEndpoint(std::move(echo), std::move(server));
    DatagramProtocolFactory ping = [&race, each] {
      return std::make_shared<PingDatagrams>(&race, each);
    };
    Socket client(ends.client);
    const DatagramEndpoint endpoint =
        co_await CreateDatagramEndpoint(std::move(ping), std::move(client));
    clients.push_back(endpoint.transport);
  }
  const double start = Now();
  for (const auto& client : clients) client->SendTo(kPing);
  co_await race.done;
  co_return static_cast<double>(each * connections) / (race.end - start);
}

template <int kConnections>
double TcpRtt() {
  return MakeSystemLoop()->RunUntilComplete(
      StreamEchoes(Wire::kTcp, kConnections));
}
template <int kConnections>
double UnixRtt() {
  return MakeSystemLoop()->RunUntilComplete(
      StreamEchoes(Wire::kUnix, kConnections));
}
template <int kConnections>
double UdpRtt() {
  return MakeSystemLoop()->RunUntilComplete(DatagramEchoes(kConnections));
}

// ---- Bulk.

// Writes a block in each turn of the loop in which it may.
class Source final : public Protocol {
 public:
  explicit Source(std::int64_t bytes) : left_(bytes), block_(kBlock) {}

  void ConnectionMade(std::shared_ptr<Transport> transport) override {
    transport_ = std::move(transport);
  }
  void PauseWriting() override { paused_ = true; }
  void ResumeWriting() override {
    paused_ = false;
    Pump();
  }
  void Pump() {
    if (left_ <= 0 || paused_) return;
    left_ -= static_cast<std::int64_t>(kBlock);
    transport_->Write(block_);
    if (!paused_) RunningLoop().CallSoon([this] { Pump(); });
  }

 private:
  std::int64_t left_;
  bool paused_ = false;
  const std::vector<char> block_;
  std::shared_ptr<Transport> transport_;
};

class Sink final : public Protocol {
 public:
  Sink(Race* race, std::int64_t bytes) : race_(race), left_(bytes) {}

  void DataReceived(std::span<const char> data) override {
    left_ -= static_cast<std::int64_t>(data.size());
    if (left_ <= 0) race_->End();
  }

 private:
  Race* const race_;
  std::int64_t left_;
};

Coro<double> Bulk() {
  Race race(1);
  const std::int64_t bytes = BulkBytes();
  const Ends ends = ConnectEnds(Wire::kTcp);
  ProtocolFactory sink = [&race, bytes] {
    return std::make_shared<Sink>(&race, bytes);
  };
  Socket server(ends.server);
  co_await CreateConnection(std::move(sink), std::move(server));
  const auto source = std::make_shared<Source>(bytes);
  ProtocolFactory factory = [&source] { return source; };
  Socket client(ends.client);
  co_await CreateConnection(std::move(factory), std::move(client));
  const double start = Now();
  source->Pump();
  co_await race.done;
  co_return 1e-9 * static_cast<double>(bytes) / (race.end - start);
}

double TcpBulk() { return MakeSystemLoop()->RunUntilComplete(Bulk()); }

// ---- Connections. The server closes them at once, the client when it knows.

class Refusal final : public Protocol {
 public:
  void ConnectionMade(std::shared_ptr<Transport> transport) override {
    transport->Close();
  }
};

class Guest final : public Protocol {
 public:
  explicit Guest(Future<> gone) : gone_(std::move(gone)) {}
  void ConnectionLost(std::exception_ptr) override { gone_.SetResult(); }

 private:
  Future<> gone_;
};

Coro<> ConnectAgain(Race& race, std::uint16_t port) {
  for (std::int64_t i = ConnectionsEach(); i > 0; --i) {
    const Future<> gone = CreateFuture();
    ProtocolFactory factory = [&gone] { return std::make_shared<Guest>(gone); };
    co_await CreateConnection(std::move(factory), "127.0.0.1", port);
    co_await gone;
  }
  race.End();
}

Coro<double> Connections() {
  Race race(kConnectors);
  ProtocolFactory factory = [] { return std::make_shared<Refusal>(); };
  Server server = co_await CreateServer(std::move(factory), "127.0.0.1", 0);
  const std::uint16_t port = server.addresses().front().port();
  std::vector<Task<>> tasks;
  const double start = Now();
  for (int i = 0; i < kConnectors; ++i) {
    tasks.push_back(CreateTask(ConnectAgain(race, port)));
  }
  co_await race.done;
  co_return static_cast<double>(kConnectors * ConnectionsEach()) /
      (race.end - start);
}

double ConnectRate() {
  return MakeSystemLoop()->RunUntilComplete(Connections());
}

constexpr Metric kMetrics[] = {
    {"tcp_rtt_1", TcpRtt<1>},   {"tcp_rtt_64", TcpRtt<64>},
    {"unix_rtt_1", UnixRtt<1>}, {"unix_rtt_64", UnixRtt<64>},
    {"udp_rtt_1", UdpRtt<1>},   {"udp_rtt_64", UdpRtt<64>},
    {"tcp_bulk", TcpBulk},      {"connect_rate", ConnectRate},
};

}  // namespace

std::span<const Metric> NetworkMetrics() { return kMetrics; }

}  // namespace rondo::benchmarks
