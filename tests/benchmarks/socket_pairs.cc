#include "rondo/tests/benchmarks/socket_pairs.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "rondo/tests/benchmarks/metric.h"

namespace rondo::benchmarks {
namespace {

int Check(int result, const char* call) {
  if (result >= 0) return result;
  std::perror(call);
  std::exit(1);
}

sockaddr_in Loopback() {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Bound to a port of the loopback that the system has chosen.
int Bound(int type, sockaddr_in* address) {
  const int fd = Check(socket(AF_INET, type, 0), "socket");
  *address = Loopback();
  auto* const raw = reinterpret_cast<sockaddr*>(address);
  socklen_t size = sizeof(*address);
  Check(bind(fd, raw, size), "bind");
  Check(getsockname(fd, raw, &size), "getsockname");
  return fd;
}

void ConnectTo(int fd, const sockaddr_in& address) {
  Check(
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
      "connect");
}

void NoDelay(int fd) {
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

Ends TcpEnds() {
  sockaddr_in address;
  const int listener = Bound(SOCK_STREAM | SOCK_CLOEXEC, &address);
  Check(listen(listener, 1), "listen");
  // Blocking until it is connected.
  const int client =
      Check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  ConnectTo(client, address);
  const int server =
      Check(accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC),
            "accept4");
  close(listener);
  NoDelay(client);
  NoDelay(server);
  return {client, server};
}

Ends UdpEnds() {
  sockaddr_in client_address;
  sockaddr_in server_address;
  const int client = Bound(SOCK_DGRAM | SOCK_CLOEXEC, &client_address);
  const int server = Bound(SOCK_DGRAM | SOCK_CLOEXEC, &server_address);
  ConnectTo(client, server_address);
  ConnectTo(server, client_address);
  return {client, server};
}

Ends UnixEnds() {
  std::array<int, 2> fds;
  Check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()),
        "socketpair");
  return {fds[0], fds[1]};
}

}  // namespace

Ends ConnectEnds(Wire wire) {
  const Ends ends = wire == Wire::kTcp   ? TcpEnds()
                    : wire == Wire::kUdp ? UdpEnds()
                                         : UnixEnds();
  for (const int fd : {ends.client, ends.server}) {
    Check(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), "fcntl");
  }
  return ends;
}

std::int64_t EchoesEach(int connections) {
  const std::int64_t total = Count(connections == 1 ? 2e5 : 4e5);
  return std::max<std::int64_t>(total / connections, 1);
}

std::int64_t BulkBytes() {
  return Count(16384) * static_cast<std::int64_t>(kBlock);
}
std::int64_t TlsBulkBytes() { return BulkBytes() / 4; }

std::int64_t ConnectionsEach() { return Count(16e3) / kConnectors + 1; }

}  // namespace rondo::benchmarks
