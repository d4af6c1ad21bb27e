// CPython's test_sendfile.py, over the kernel's sockets with small buffers. A
// simulated network, which sends no file, is what "force fallback" is.
#include "rondo/runtime/sendfile.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/connections.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/pipes.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/tls.h"
#include "rondo/runtime/transport.h"
#include "rondo/simnet/simulate.h"
#include "rondo/tests/runtime/tls_fixtures.h"
#include "rondo/tests/support/scratch_file.h"

namespace rondo::conformance {
namespace {

using testing::HasSubstr;

const std::string kData(1024 * 256 + 1, 'x');
constexpr int kBufferSize = 4 * 1024;

// Keeps what it receives; closes when it has so much.
class Receiver final : public Protocol {
 public:
  explicit Receiver(std::size_t close_after) : close_after_(close_after) {}

  void ConnectionMade(std::shared_ptr<Transport> made) override {
    transport = std::move(made);
  }
  void DataReceived(std::span<const char> bytes) override {
    data.append(bytes.data(), bytes.size());
    if (data.size() >= close_after_) transport->Close();
  }
  void ConnectionLost(std::exception_ptr) override {
    transport.reset();
    done.SetResult();
  }

  std::shared_ptr<Transport> transport;
  std::string data;
  Future<> done = CreateFuture();

 private:
  std::size_t close_after_;
};

void Shrink(int fd, SocketOption option) {
  EXPECT_GE(RunningLoop().seams().network->SetOption(fd, option, kBufferSize),
            0);
}

// A client with a transport, and a server that receives.
struct Pair {
  std::shared_ptr<Receiver> server;
  std::shared_ptr<Receiver> client;
  std::shared_ptr<Transport> transport;
};

using Body = std::function<Coro<>(Pair& pair)>;

constexpr std::size_t kNever = static_cast<std::size_t>(-1);

Coro<> WithPair(Body body, bool tls, std::size_t close_after) {
  Pair pair;
  pair.server = std::make_shared<Receiver>(close_after);
  pair.client = std::make_shared<Receiver>(kNever);
  ProtocolFactory accept = [server = pair.server] { return server; };
  ProtocolFactory connect = [client = pair.client] { return client; };
  Server server;
  if (tls) {
    server =
        co_await CreateServer(std::move(accept), "127.0.0.1", 0, ServerTls());
  } else {
    server = co_await CreateServer(std::move(accept), "127.0.0.1", 0);
  }
  Socket socket = Socket::Stream(AddressFamily::kIPv4);
  const int fd = socket.fd();
  co_await SockConnect(fd, server.addresses().at(0));
  Shrink(fd, SocketOption::kSendBuffer);
  if (tls) {
    TlsOptions options = ClientTls();
    options.server_hostname = "127.0.0.1";
    const Connection connection = co_await CreateConnection(
        std::move(connect), std::move(socket), std::move(options));
    pair.transport = connection.transport;
  } else {
    const Connection connection =
        co_await CreateConnection(std::move(connect), std::move(socket));
    pair.transport = connection.transport;
  }
  pair.transport->SetWriteBufferLimits({.high = kBufferSize});
  while (pair.server->transport == nullptr) co_await Sleep(Nanoseconds(1000));
  co_await body(pair);
  pair.transport->Abort();
  co_await pair.client->done;
  if (pair.server->transport != nullptr) pair.server->transport->Abort();
  co_await pair.server->done;
  server.Close();
}

void Real(Body body, std::size_t close_after = kNever) {
  rondo::Run(WithPair(std::move(body), /*tls=*/false, close_after));
}
void Tls(Body body, std::size_t close_after = kNever) {
  rondo::Run(WithPair(std::move(body), /*tls=*/true, close_after));
}
void Forced(Body body, std::size_t close_after = kNever) {
  Simulate(WithPair(std::move(body), /*tls=*/false, close_after));
}

// Sends all, and looks at what has come.
Body SendsAll() {
  return [](Pair& pair) -> Coro<> {
    const ScratchFile file(kData);
    const std::int64_t n = co_await SendFile(pair.transport, file.fd());
    pair.transport->Close();
    co_await pair.server->done;
    EXPECT_EQ(n, std::ssize(kData));
    EXPECT_TRUE(pair.server->data == kData);
    EXPECT_EQ(file.position(), std::ssize(kData));
  };
}

Body SendsBetween(std::string before, std::string after) {
  return [=](Pair& pair) -> Coro<> {
    const ScratchFile file(kData);
    pair.transport->Write(before);
    const std::int64_t n = co_await SendFile(pair.transport, file.fd());
    pair.transport->Write(after);
    pair.transport->Close();
    co_await pair.server->done;
    EXPECT_EQ(n, std::ssize(kData));
    EXPECT_TRUE(pair.server->data == before + kData + after);
    EXPECT_EQ(file.position(), std::ssize(kData));
  };
}

Body SendsAPart() {
  return [](Pair& pair) -> Coro<> {
    const ScratchFile file(kData);
    const std::int64_t n = co_await SendFile(pair.transport, file.fd(),
                                             {.offset = 1000, .count = 100});
    pair.transport->Close();
    co_await pair.server->done;
    EXPECT_EQ(n, 100);
    EXPECT_TRUE(pair.server->data == kData.substr(1000, 100));
    EXPECT_EQ(file.position(), 1100);
  };
}

// The server closes after 1024 bytes.
Body IsBrokenOff() {
  return [](Pair& pair) -> Coro<> {
    const ScratchFile file(kData);
    bool lost = false;
    try {
      co_await SendFile(pair.transport, file.fd());
    } catch (const std::system_error& error) {
      lost = error.code() == std::errc::connection_reset ||
             error.code() == std::errc::broken_pipe;
      EXPECT_TRUE(lost) << error.what();
    }
    EXPECT_TRUE(lost);
    co_await pair.server->done;
    EXPECT_GE(pair.server->data.size(), 1024u);
    EXPECT_LT(pair.server->data.size(), kData.size());
    EXPECT_GE(file.position(), 1024);
    EXPECT_LT(file.position(), std::ssize(kData));
    co_await pair.client->done;
    EXPECT_TRUE(pair.transport->is_closing());
  };
}

// ---- SockSendfileMixin

using SockBody = std::function<Coro<>(int fd)>;

// A raw socket, whose server's data `check` is given.
void RawSocket(SockBody body, std::function<void(const std::string&)> check) {
  const Body with = [&](Pair& pair) -> Coro<> {
    Socket socket = Socket::Stream(AddressFamily::kIPv4);
    // The pair's own server has one connection: another one.
    const auto receiver = std::make_shared<Receiver>(kNever);
    ProtocolFactory accept = [receiver] { return receiver; };
    Server server = co_await CreateServer(std::move(accept), "127.0.0.1", 0);
    co_await SockConnect(socket.fd(), server.addresses().at(0));
    Shrink(socket.fd(), SocketOption::kSendBuffer);
    co_await body(socket.fd());
    socket.Close();
    co_await receiver->done;
    check(receiver->data);
    EXPECT_EQ(pair.server->data, "");
  };
  Real(with);
}

TEST(SockSendfileMixin, test_sock_sendfile_success) {
  const SockBody body = [](int fd) -> Coro<> {
    const ScratchFile file(kData);
    EXPECT_EQ(co_await SockSendFile(fd, file.fd()), std::ssize(kData));
    EXPECT_EQ(file.position(), std::ssize(kData));
  };
  RawSocket(body, [](const std::string& data) { EXPECT_TRUE(data == kData); });
}

TEST(SockSendfileMixin, test_sock_sendfile_with_offset_and_count) {
  const SockBody body = [](int fd) -> Coro<> {
    const ScratchFile file(kData);
    const std::int64_t n =
        co_await SockSendFile(fd, file.fd(), {.offset = 1000, .count = 2000});
    EXPECT_EQ(n, 2000);
    EXPECT_EQ(file.position(), 3000);
  };
  RawSocket(body, [](const std::string& data) {
    EXPECT_EQ(data, kData.substr(1000, 2000));
  });
}

TEST(SockSendfileMixin, test_sock_sendfile_zero_size) {
  const SockBody body = [](int fd) -> Coro<> {
    const ScratchFile file("");
    EXPECT_EQ(co_await SockSendFile(fd, file.fd()), 0);
    EXPECT_EQ(file.position(), 0);
  };
  RawSocket(body, [](const std::string& data) { EXPECT_EQ(data, ""); });
}

TEST(SockSendfileMixin, test_sock_sendfile_mix_with_regular_send) {
  std::string more;
  for (int i = 0; i < 4 * 1024; ++i) more += "mix_regular_send";
  const SockBody body = [&](int fd) -> Coro<> {
    const ScratchFile file(kData);
    co_await SockSendAll(fd, more);
    EXPECT_EQ(co_await SockSendFile(fd, file.fd()), std::ssize(kData));
    co_await SockSendAll(fd, more);
    EXPECT_EQ(file.position(), std::ssize(kData));
  };
  RawSocket(body, [&](const std::string& data) {
    EXPECT_TRUE(data == more + kData + more);
  });
}

// ---- SendfileMixin

// Adapted: a datagram transport is no Transport; another kind of that is.
TEST(SendfileMixin, test_sendfile_not_supported) {
  rondo::Run([]() -> Coro<> {
    std::array<int, 2> fds;
    EXPECT_EQ(RunningLoop().seams().network->Pipe(&fds), 0);
    const Socket reader(fds[0]);
    ProtocolFactory factory = [] { return std::make_shared<Protocol>(); };
    const Connection connection =
        co_await ConnectWritePipe(std::move(factory), Socket(fds[1]));
    const ScratchFile file(kData);
    std::string what;
    try {
      co_await SendFile(connection.transport, file.fd());
    } catch (const RuntimeError& error) {
      what = error.what();
    }
    EXPECT_THAT(what, HasSubstr("kind of transport"));
    EXPECT_EQ(file.position(), 0);
    connection.transport->Abort();
  }());
}

TEST(SendfileMixin, test_sendfile) { Real(SendsAll()); }

TEST(SendfileMixin, test_sendfile_force_fallback) { Forced(SendsAll()); }

TEST(SendfileMixin, test_sendfile_force_unsupported_native) {
  Forced([](Pair& pair) -> Coro<> {
    const ScratchFile file(kData);
    bool refused = false;
    try {
      co_await SendFile(pair.transport, file.fd(), {.fallback = false});
    } catch (const SendfileNotAvailableError&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    pair.transport->Close();
    co_await pair.server->done;
    EXPECT_EQ(pair.server->data, "");
    EXPECT_EQ(file.position(), 0);
  });
}

TEST(SendfileMixin, test_sendfile_ssl) { Tls(SendsAll()); }

TEST(SendfileMixin, test_sendfile_for_closing_transp) {
  Real([](Pair& pair) -> Coro<> {
    const ScratchFile file(kData);
    pair.transport->Close();
    std::string what;
    try {
      co_await SendFile(pair.transport, file.fd());
    } catch (const RuntimeError& error) {
      what = error.what();
    }
    EXPECT_THAT(what, HasSubstr("is closing"));
    co_await pair.server->done;
    EXPECT_EQ(pair.server->data, "");
    EXPECT_EQ(file.position(), 0);
  });
}

TEST(SendfileMixin, test_sendfile_pre_and_post_data) {
  Real(SendsBetween(std::string(8192, 'P'), std::string(8192, 'S')));
}

TEST(SendfileMixin, test_sendfile_ssl_pre_and_post_data) {
  Tls(SendsBetween(std::string(7168, 'P'), std::string(10240, 'S')));
}

TEST(SendfileMixin, test_sendfile_partial) { Real(SendsAPart()); }

TEST(SendfileMixin, test_sendfile_ssl_partial) { Tls(SendsAPart()); }

TEST(SendfileMixin, test_sendfile_close_peer_after_receiving) {
  Real(SendsAll(), kData.size());
}

TEST(SendfileMixin, test_sendfile_ssl_close_peer_after_receiving) {
  Tls(SendsAll(), kData.size());
}

TEST(SendfileMixin, test_sendfile_close_peer_in_the_middle_of_receiving) {
  Real(IsBrokenOff(), 1024);
}

TEST(SendfileMixin,
     test_sendfile_fallback_close_peer_in_the_middle_of_receiving) {
  Forced(IsBrokenOff(), 1024);
}

TEST(SendfileMixin, test_sendfile_prevents_bare_write) {
  Real([](Pair& pair) -> Coro<> {
    const ScratchFile file(kData);
    const Task<std::int64_t> sending =
        CreateTask(SendFile(pair.transport, file.fd()));
    co_await Yield();
    EXPECT_THROW(pair.transport->Write(std::string_view("data")), RuntimeError);
    EXPECT_EQ(co_await sending, std::ssize(kData));
    pair.transport->Close();
    co_await pair.server->done;
    EXPECT_TRUE(pair.server->data == kData);
  });
}

TEST(SendfileMixin, test_sendfile_no_fallback_for_fallback_transport) {
  Tls([](Pair& pair) -> Coro<> {
    const ScratchFile file(kData);
    bool refused = false;
    try {
      co_await SendFile(pair.transport, file.fd(), {.fallback = false});
    } catch (const RuntimeError&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    EXPECT_EQ(file.position(), 0);
  });
}

}  // namespace
}  // namespace rondo::conformance
