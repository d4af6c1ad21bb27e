// CPython's test_sock_lowlevel.py, over the kernel's sockets. The originals
// talk to an HTTP server; these to a peer that answers like one.
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/connections.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/endpoints.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

constexpr std::string_view kRequest = "GET / HTTP/1.0\r\n\r\n";
constexpr std::string_view kAnswer = "HTTP/1.0 200 OK\r\n\r\nTest message";

Network& Net() { return *RunningLoop().seams().network; }

SocketAddress AddressOf(int fd) {
  SocketAddress address;
  EXPECT_EQ(Net().LocalAddress(fd, &address), 0);
  return address;
}

SocketAddress Localhost() { return SocketAddress::IPv4({127, 0, 0, 1}, 0); }

Socket Bound(Socket socket, const SocketAddress& address = Localhost()) {
  EXPECT_EQ(Net().Bind(socket.fd(), address), 0);
  return socket;
}

Socket Listener(const SocketAddress& address = Localhost()) {
  Socket socket = Bound(Socket::Stream(address.family()), address);
  EXPECT_EQ(Net().Listen(socket.fd(), 1), 0);
  return socket;
}

// Answers one request.
Coro<> Answer(const Socket* listener) {
  const Accepted accepted = co_await SockAccept(listener->fd());
  const std::string request =
      co_await SockRecv(accepted.socket.fd(), kRequest.size());
  EXPECT_EQ(request, kRequest);
  co_await SockSendAll(accepted.socket.fd(), kAnswer);
}

Coro<> ReceiveUntilEnd(int fd, std::string* all) {
  for (;;) {
    const std::string data = co_await SockRecv(fd, 65536);
    if (data.empty()) co_return;
    *all += data;
  }
}

Coro<> ReceiveIntoUntilEnd(int fd, std::string* all) {
  std::array<char, 65536> buffer;
  for (;;) {
    const std::size_t n = co_await SockRecvInto(fd, buffer);
    if (n == 0) co_return;
    all->append(buffer.data(), n);
  }
}

// Adapted: no socket blocks, so none needs to be refused for that.
TEST(BaseSockTestsMixin, test_sock_client_ops) {
  for (const bool into : {false, true}) {
    rondo::Run([](bool into) -> Coro<> {
      const Socket listener = Listener();
      const Task<> peer = CreateTask(Answer(&listener));
      const Socket socket = Socket::Stream(AddressFamily::kIPv4);
      co_await SockConnect(socket.fd(), AddressOf(listener.fd()));
      co_await SockSendAll(socket.fd(), kRequest);
      std::string all;
      if (into) {
        co_await ReceiveIntoUntilEnd(socket.fd(), &all);
      } else {
        co_await ReceiveUntilEnd(socket.fd(), &all);
      }
      EXPECT_EQ(all, kAnswer);
      co_await peer;
    }(into));
  }
}

TEST(BaseSockTestsMixin, test_unix_sock_client_ops) {
  rondo::Run([]() -> Coro<> {
    const UnixSocketPath path;
    const SocketAddress address = SocketAddress::Unix(path.path());
    const Socket listener = Listener(address);
    const Task<> peer = CreateTask(Answer(&listener));
    const Socket socket = Socket::Stream(AddressFamily::kUnix);
    co_await SockConnect(socket.fd(), address);
    co_await SockSendAll(socket.fd(), kRequest);
    std::string all;
    co_await ReceiveUntilEnd(socket.fd(), &all);
    EXPECT_EQ(all, kAnswer);
    co_await peer;
  }());
}

// The first of two readers is cancelled, before or after it waits.
Coro<> RaceReaders() {
  std::array<int, 2> fds;
  EXPECT_EQ(Net().SocketPair(SocketKind::kStream, &fds), 0);
  const Socket socket(fds[0]);
  const Socket peer(fds[1]);
  Task<std::string> first = CreateTask(SockRecv(socket.fd(), 1024));
  co_await Yield();
  first.Cancel();
  const Task<> sending = CreateTask(SockSendAll(peer.fd(), kAnswer));
  EXPECT_EQ(co_await SockRecv(socket.fd(), 1024), kAnswer);
  co_await sending;
  EXPECT_TRUE(first.cancelled());

  std::array<char, 1024> buffer;
  Task<std::size_t> second = CreateTask(SockRecvInto(socket.fd(), buffer));
  co_await Yield();
  second.Cancel();
  const Task<> again = CreateTask(SockSendAll(peer.fd(), kAnswer));
  EXPECT_EQ(co_await SockRecvInto(socket.fd(), buffer), kAnswer.size());
  co_await again;
}

// A writer that waits is cancelled, and another one takes its place at once.
Coro<> RaceWriters() {
  std::array<int, 2> fds;
  EXPECT_EQ(Net().SocketPair(SocketKind::kStream, &fds), 0);
  const Socket socket(fds[0]);
  const Socket peer(fds[1]);
  for (std::size_t size = 8192; size > 0; size /= 2) {
    const std::string spaces(size, ' ');
    while (Net().Send(socket.fd(), spaces) > 0) {
    }
  }
  Task<> first =
      CreateTask(SockSendAll(socket.fd(), std::string_view("hello")));
  co_await Yield();
  first.Cancel();
  std::string all;
  const Task<> receiving = CreateTask(ReceiveUntilEnd(peer.fd(), &all));
  co_await SockSendAll(socket.fd(), std::string_view("world"));
  Net().Shutdown(socket.fd(), ShutdownHow::kSend);
  co_await receiving;
  EXPECT_EQ(all.substr(all.find_first_not_of(' ')), "world");
}

TEST(BaseSockTestsMixin, test_sock_client_racing) {
  rondo::Run(RaceReaders());
  rondo::Run(RaceWriters());
}

TEST(BaseSockTestsMixin, test_sock_client_connect_racing) {
  rondo::Run([]() -> Coro<> {
    const Socket listener = Bound(Socket::Stream(AddressFamily::kIPv4));
    const SocketAddress address = AddressOf(listener.fd());
    const Socket socket = Socket::Stream(AddressFamily::kIPv4);
    Task<> first = CreateTask(SockConnect(socket.fd(), address));
    co_await Yield();
    first.Cancel();
    EXPECT_EQ(Net().Listen(listener.fd(), 1), 0);
    bool connected = false;
    for (int i = 0; i < 128 && !connected; ++i) {
      try {
        co_await SockConnect(socket.fd(), address);
        connected = true;
      } catch (const std::system_error& error) {
        // Of the attempt before the listener was one.
        EXPECT_EQ(error.code(), std::errc::connection_refused);
      }
    }
    EXPECT_TRUE(connected);
  }());
}

// Echoes everything, once `size` bytes are there or while they come.
Coro<> Echo(const Socket* listener) {
  const Accepted accepted = co_await SockAccept(listener->fd());
  std::array<char, 4096> buffer;
  for (;;) {
    const std::size_t n = co_await SockRecvInto(accepted.socket.fd(), buffer);
    if (n == 0) co_return;
    co_await SockSendAll(accepted.socket.fd(), std::span(buffer).first(n));
  }
}

Coro<> HugeContent(bool into) {
  std::string content;
  for (int i = 0; i < 100'000; ++i) content += "0123456789";
  const Socket listener = Listener();
  const Task<> peer = CreateTask(Echo(&listener));
  const Socket socket = Socket::Stream(AddressFamily::kIPv4);
  co_await SockConnect(socket.fd(), AddressOf(listener.fd()));
  const Task<> sending = CreateTask(SockSendAll(socket.fd(), content));
  std::string all;
  const Task<> receiving =
      CreateTask(into ? ReceiveIntoUntilEnd(socket.fd(), &all)
                      : ReceiveUntilEnd(socket.fd(), &all));
  co_await sending;
  Net().Shutdown(socket.fd(), ShutdownHow::kSend);
  co_await receiving;
  co_await peer;
  EXPECT_TRUE(all == content) << all.size() << " bytes";
}

TEST(BaseSockTestsMixin, test_huge_content) { rondo::Run(HugeContent(false)); }

TEST(BaseSockTestsMixin, test_huge_content_recvinto) {
  rondo::Run(HugeContent(true));
}

// Sends every datagram back.
Coro<> EchoDatagrams(const Socket* socket) {
  for (;;) {
    const ReceivedFrom received = co_await SockRecvFrom(socket->fd(), 65536);
    co_await SockSendTo(socket->fd(), received.data, received.from);
  }
}

TEST(BaseSockTestsMixin, test_recvfrom) {
  rondo::Run([]() -> Coro<> {
    const Socket server = Bound(Socket::Datagram(AddressFamily::kIPv4));
    const SocketAddress address = AddressOf(server.fd());
    Task<> echo = CreateTask(EchoDatagrams(&server));
    const Socket socket = Socket::Datagram(AddressFamily::kIPv4);
    const std::string data(4096, '\x01');
    EXPECT_EQ(co_await SockSendTo(socket.fd(), data, address), 4096u);
    const ReceivedFrom received = co_await SockRecvFrom(socket.fd(), 4096);
    EXPECT_EQ(received.data, data);
    EXPECT_EQ(received.from, address);
    EXPECT_FALSE(received.truncated);
    echo.Cancel();
  }());
}

TEST(BaseSockTestsMixin, test_recvfrom_into) {
  rondo::Run([]() -> Coro<> {
    const Socket server = Bound(Socket::Datagram(AddressFamily::kIPv4));
    const SocketAddress address = AddressOf(server.fd());
    Task<> echo = CreateTask(EchoDatagrams(&server));
    const Socket socket = Socket::Datagram(AddressFamily::kIPv4);
    const std::string data(4096, '\x01');
    std::string buffer(8192, '\0');
    co_await SockSendTo(socket.fd(), data, address);
    const ReceivedFromInto all = co_await SockRecvFromInto(socket.fd(), buffer);
    EXPECT_EQ(all.size, 4096u);
    EXPECT_EQ(buffer.substr(0, 4096), data);
    EXPECT_EQ(all.from, address);
    // A part of the buffer is a span of it.
    co_await SockSendTo(socket.fd(), data, address);
    const ReceivedFromInto part = co_await SockRecvFromInto(
        socket.fd(), std::span(buffer).subspan(4096, 1000));
    EXPECT_EQ(part.size, 1000u);
    EXPECT_TRUE(part.truncated);
    echo.Cancel();
  }());
}

// Adapted: as the original, which mocks it, but the socket that blocks is a
// Unix one whose peer does not read.
TEST(BaseSockTestsMixin, test_sendto_blocking) {
  rondo::Run([]() -> Coro<> {
    const UnixSocketPath path;
    const SocketAddress address = SocketAddress::Unix(path.path());
    const Socket server =
        Bound(Socket::Datagram(AddressFamily::kUnix), address);
    const Socket socket = Socket::Datagram(AddressFamily::kUnix);
    const std::string data(4096, '\x01');
    int sent = 0;
    while (Net().SendTo(socket.fd(), data, address) > 0) ++sent;
    const Task<std::size_t> sending =
        CreateTask(SockSendTo(socket.fd(), data, address));
    for (int i = 0; i < 10; ++i) co_await Yield();
    EXPECT_FALSE(sending.done());
    for (int i = 0; i < sent + 1; ++i) {
      EXPECT_EQ((co_await SockRecvFrom(server.fd(), 4096)).data, data);
    }
    EXPECT_EQ(co_await sending, 4096u);
  }());
}

TEST(BaseSockTestsMixin, test_sock_client_fail) {
  rondo::Run([]() -> Coro<> {
    SocketAddress address;
    {
      const Socket unused = Bound(Socket::Stream(AddressFamily::kIPv4));
      address = AddressOf(unused.fd());
    }
    const Socket socket = Socket::Stream(AddressFamily::kIPv4);
    std::error_code code;
    try {
      co_await SockConnect(socket.fd(), address);
    } catch (const std::system_error& error) {
      code = error.code();
    }
    EXPECT_EQ(code, std::errc::connection_refused);
  }());
}

TEST(BaseSockTestsMixin, test_sock_accept) {
  rondo::Run([]() -> Coro<> {
    const Socket listener = Listener();
    const Socket client = Socket::Stream(AddressFamily::kIPv4);
    const Task<Accepted> accepting = CreateTask(SockAccept(listener.fd()));
    co_await SockConnect(client.fd(), AddressOf(listener.fd()));
    const Accepted& accepted = co_await accepting;
    EXPECT_EQ(AddressOf(accepted.socket.fd()), AddressOf(listener.fd()));
    EXPECT_EQ(accepted.peer, AddressOf(client.fd()));
  }());
}

TEST(BaseSockTestsMixin, test_cancel_sock_accept) {
  rondo::Run([]() -> Coro<> {
    SocketAddress address;
    {
      const Socket listener = Listener();
      address = AddressOf(listener.fd());
      Task<Accepted> accepting = CreateTask(SockAccept(listener.fd()));
      co_await Yield();
      accepting.Cancel();
      co_await Yield();
      EXPECT_TRUE(accepting.cancelled());
    }
    const Socket client = Socket::Stream(AddressFamily::kIPv4);
    std::error_code code;
    try {
      co_await SockConnect(client.fd(), address);
    } catch (const std::system_error& error) {
      code = error.code();
    }
    EXPECT_EQ(code, std::errc::connection_refused);
  }());
}

// What MyProto does: asks, and counts the answer.
class Asker final : public Protocol {
 public:
  void ConnectionMade(std::shared_ptr<Transport> transport) override {
    states.push_back("CONNECTED");
    transport->Write(kRequest);
  }
  void DataReceived(std::span<const char> data) override { n += data.size(); }
  bool EofReceived() override {
    states.push_back("EOF");
    return false;
  }
  void ConnectionLost(std::exception_ptr) override {
    states.push_back("CLOSED");
    done.SetResult();
  }

  std::vector<std::string> states;
  std::size_t n = 0;
  Future<> done = CreateFuture();
};

TEST(BaseSockTestsMixin, test_create_connection_sock) {
  rondo::Run([]() -> Coro<> {
    const Socket listener = Listener();
    const Task<> peer = CreateTask(Answer(&listener));
    Socket socket = Socket::Stream(AddressFamily::kIPv4);
    co_await SockConnect(socket.fd(), AddressOf(listener.fd()));
    const auto asker = std::make_shared<Asker>();
    ProtocolFactory factory = [asker] { return asker; };
    co_await CreateConnection(std::move(factory), std::move(socket));
    co_await asker->done;
    EXPECT_THAT(asker->states, ElementsAre("CONNECTED", "EOF", "CLOSED"));
    EXPECT_EQ(asker->n, kAnswer.size());
    co_await peer;
  }());
}

}  // namespace
}  // namespace rondo::conformance
