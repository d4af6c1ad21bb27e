#include "rondo/tests/benchmarks/uv_network_metrics.h"

#include <netinet/in.h>
#include <uv.h>

#include <array>
#include <list>
#include <vector>

#include "rondo/tests/benchmarks/socket_pairs.h"

namespace rondo::benchmarks {
namespace {

// More than a message: libuv reads again at once what it has filled.
constexpr std::size_t kRoom = 2 * kEchoBytes;

// A loop, and how many clients have not ended yet; it stops once none is left.
struct Race {
  explicit Race(int n) : clients(n) {
    uv_loop_init(&loop);
    loop.data = this;
  }
  Race(const Race&) = delete;
  Race& operator=(const Race&) = delete;
  ~Race() {
    uv_walk(
        &loop,
        [](uv_handle_t* handle, void*) {
          if (!uv_is_closing(handle)) uv_close(handle, nullptr);
        },
        nullptr);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
  }

  void End() {
    if (--clients > 0) return;
    end = Now();
    uv_stop(&loop);
  }

  uv_loop_t loop;
  int clients;
  double end = 0;
};

// ---- Echoes over streams.

// One end. A client counts what comes back.
template <Wire kWire>
struct EchoEnd {
  using Handle = std::conditional_t<kWire == Wire::kTcp, uv_tcp_t, uv_pipe_t>;

  void Open(Race& world, int fd) {
    if constexpr (kWire == Wire::kTcp) {
      uv_tcp_init(&world.loop, &handle);
      uv_tcp_open(&handle, fd);
    } else {
      uv_pipe_init(&world.loop, &handle, 0);
      uv_pipe_open(&handle, fd);
    }
    handle.data = this;
    uv_read_start(stream(), Allocate, OnRead);
  }
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&handle); }

  void Write(std::size_t n) {
    const uv_buf_t buffer =
        uv_buf_init(message.data(), static_cast<unsigned>(n));
    uv_write(&request, stream(), &buffer, 1, [](uv_write_t*, int) {});
  }
  static void Allocate(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    auto* const self = static_cast<EchoEnd*>(handle->data);
    *buffer = uv_buf_init(self->message.data(), kRoom);
  }
  static void OnRead(uv_stream_t* stream, ssize_t n, const uv_buf_t*) {
    auto* const self = static_cast<EchoEnd*>(stream->data);
    if (n <= 0) return;
    if (self->race != nullptr && --self->left == 0) return self->race->End();
    self->Write(static_cast<std::size_t>(n));
  }

  Race* race = nullptr;
  std::int64_t left = 0;
  Handle handle = {};
  uv_write_t request = {};
  std::array<char, kRoom> message = {};
};

template <Wire kWire, int kConnections>
double Rtt() {
  const std::int64_t each = EchoesEach(kConnections);
  std::list<EchoEnd<kWire>> servers(kConnections);
  std::list<EchoEnd<kWire>> clients(kConnections);
  Race race(kConnections);
  auto server = servers.begin();
  for (EchoEnd<kWire>& client : clients) {
    const Ends ends = ConnectEnds(kWire);
    client.race = &race;
    client.left = each;
    client.Open(race, ends.client);
    server++->Open(race, ends.server);
  }
  const double start = Now();
  for (EchoEnd<kWire>& client : clients) client.Write(kEchoBytes);
  uv_run(&race.loop, UV_RUN_DEFAULT);
  return static_cast<double>(each * kConnections) / (race.end - start);
}

// ---- Echoes over datagrams.

struct DatagramEnd {
  void Open(Race& world, int fd) {
    uv_udp_init(&world.loop, &handle);
    uv_udp_open(&handle, fd);
    handle.data = this;
    uv_udp_recv_start(&handle, Allocate, OnReceived);
  }
  void Send(std::size_t n) {
    const uv_buf_t buffer =
        uv_buf_init(message.data(), static_cast<unsigned>(n));
    uv_udp_try_send(&handle, &buffer, 1, nullptr);
  }
  static void Allocate(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    auto* const self = static_cast<DatagramEnd*>(handle->data);
    *buffer = uv_buf_init(self->message.data(), kRoom);
  }
  static void OnReceived(uv_udp_t* handle, ssize_t n, const uv_buf_t*,
                         const sockaddr*, unsigned) {
    auto* const self = static_cast<DatagramEnd*>(handle->data);
    if (n <= 0) return;
    if (self->race != nullptr && --self->left == 0) return self->race->End();
    self->Send(static_cast<std::size_t>(n));
  }

  Race* race = nullptr;
  std::int64_t left = 0;
  uv_udp_t handle = {};
  std::array<char, kRoom> message = {};
};

template <int kConnections>
double UdpRtt() {
  const std::int64_t each = EchoesEach(kConnections);
  std::list<DatagramEnd> servers(kConnections);
  std::list<DatagramEnd> clients(kConnections);
  Race race(kConnections);
  auto server = servers.begin();
  for (DatagramEnd& client : clients) {
    const Ends ends = ConnectEnds(Wire::kUdp);
    client.race = &race;
    client.left = each;
    client.Open(race, ends.client);
    server++->Open(race, ends.server);
  }
  const double start = Now();
  for (DatagramEnd& client : clients) client.Send(kEchoBytes);
  uv_run(&race.loop, UV_RUN_DEFAULT);
  return static_cast<double>(each * kConnections) / (race.end - start);
}

// ---- Bulk.

struct Transfer {
  void Write() {
    const uv_buf_t buffer = uv_buf_init(block.data(), kBlock);
    uv_write(&request, reinterpret_cast<uv_stream_t*>(&source), &buffer, 1,
             [](uv_write_t* request, int) {
               auto* const self = static_cast<Transfer*>(request->data);
               self->to_send -= static_cast<std::int64_t>(kBlock);
               if (self->to_send > 0) self->Write();
             });
  }
  static void Allocate(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    auto* const self = static_cast<Transfer*>(handle->data);
    *buffer = uv_buf_init(self->buffer.data(), kBlock);
  }
  static void OnRead(uv_stream_t* stream, ssize_t n, const uv_buf_t*) {
    auto* const self = static_cast<Transfer*>(stream->data);
    if (n > 0) self->to_come -= n;
    if (self->to_come <= 0) self->race->End();
  }

  Race* race;
  std::int64_t to_send = BulkBytes();
  std::int64_t to_come = BulkBytes();
  uv_tcp_t source = {};
  uv_tcp_t sink = {};
  uv_write_t request = {};
  std::vector<char> block = std::vector<char>(kBlock);
  std::vector<char> buffer = std::vector<char>(kBlock);
};

double TcpBulk() {
  const std::int64_t bytes = BulkBytes();
  Transfer transfer;
  Race race(1);
  transfer.race = &race;
  const Ends ends = ConnectEnds(Wire::kTcp);
  uv_tcp_init(&race.loop, &transfer.source);
  uv_tcp_open(&transfer.source, ends.client);
  uv_tcp_init(&race.loop, &transfer.sink);
  uv_tcp_open(&transfer.sink, ends.server);
  transfer.sink.data = &transfer;
  transfer.request.data = &transfer;
  uv_read_start(reinterpret_cast<uv_stream_t*>(&transfer.sink),
                Transfer::Allocate, Transfer::OnRead);
  const double start = Now();
  transfer.Write();
  uv_run(&race.loop, UV_RUN_DEFAULT);
  return 1e-9 * static_cast<double>(bytes) / (race.end - start);
}

// ---- Connections. The server closes them at once, the client when it knows.

struct Guest {
  void Connect() {
    uv_tcp_init(&race->loop, &handle);
    handle.data = this;
    request.data = this;
    uv_tcp_connect(&request, &handle, reinterpret_cast<sockaddr*>(address),
                   [](uv_connect_t* request, int status) {
                     auto* const self = static_cast<Guest*>(request->data);
                     if (status < 0) return;
                     uv_tcp_nodelay(&self->handle, 1);
                     uv_read_start(
                         reinterpret_cast<uv_stream_t*>(&self->handle),
                         Allocate, OnRead);
                   });
  }
  static void Allocate(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    *buffer = uv_buf_init(&static_cast<Guest*>(handle->data)->byte, 1);
  }
  static void OnRead(uv_stream_t* stream, ssize_t n, const uv_buf_t*) {
    if (n >= 0) return;
    uv_close(reinterpret_cast<uv_handle_t*>(stream), [](uv_handle_t* handle) {
      auto* const self = static_cast<Guest*>(handle->data);
      --self->left > 0 ? self->Connect() : self->race->End();
    });
  }

  Race* race = nullptr;
  sockaddr_in* address = nullptr;
  std::int64_t left = ConnectionsEach();
  uv_tcp_t handle = {};
  uv_connect_t request = {};
  char byte = 0;
};

double ConnectRate() {
  std::list<Guest> guests(kConnectors);
  uv_tcp_t listener;
  Race race(kConnectors);
  sockaddr_in address;
  uv_ip4_addr("127.0.0.1", 0, &address);
  uv_tcp_init(&race.loop, &listener);
  uv_tcp_bind(&listener, reinterpret_cast<sockaddr*>(&address), 0);
  uv_listen(reinterpret_cast<uv_stream_t*>(&listener), 100,
            [](uv_stream_t* server, int) {
              auto* const client = new uv_tcp_t;
              uv_tcp_init(server->loop, client);
              uv_accept(server, reinterpret_cast<uv_stream_t*>(client));
              uv_tcp_nodelay(client, 1);
              uv_close(reinterpret_cast<uv_handle_t*>(client),
                       [](uv_handle_t* handle) {
                         delete reinterpret_cast<uv_tcp_t*>(handle);
                       });
            });
  int size = sizeof(address);
  uv_tcp_getsockname(&listener, reinterpret_cast<sockaddr*>(&address), &size);
  const double start = Now();
  for (Guest& guest : guests) {
    guest.race = &race;
    guest.address = &address;
    guest.Connect();
  }
  uv_run(&race.loop, UV_RUN_DEFAULT);
  return static_cast<double>(kConnectors * ConnectionsEach()) /
         (race.end - start);
}

constexpr Metric kMetrics[] = {
    {"tcp_rtt_1", Rtt<Wire::kTcp, 1>},
    {"tcp_rtt_64", Rtt<Wire::kTcp, 64>},
    {"unix_rtt_1", Rtt<Wire::kUnix, 1>},
    {"unix_rtt_64", Rtt<Wire::kUnix, 64>},
    {"udp_rtt_1", UdpRtt<1>},
    {"udp_rtt_64", UdpRtt<64>},
    {"tcp_bulk", TcpBulk},
    {"connect_rate", ConnectRate},
};

}  // namespace

std::span<const Metric> UvNetworkMetrics() { return kMetrics; }

}  // namespace rondo::benchmarks
