// CPython's test_unix_events.py: SelectorEventLoopUnixSocketTests; the Unix
// sockets of test_events.py and test_server.py.
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/tls.h"
#include "rondo/runtime/tls_error.h"
#include "rondo/runtime/unix_sockets.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/endpoints.h"
#include "rondo/tests/conformance/raised.h"
#include "rondo/tests/runtime/tls_fixtures.h"
#include "rondo/tests/support/scripted_network.h"

namespace rondo::conformance {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

Socket MakeSocket(AddressFamily family, SocketKind kind) {
  return Socket(static_cast<int>(
      internal::NetworkOf(internal::RunningCore()).Socket(family, kind)));
}
Socket BoundTo(const std::string& path) {
  Socket socket = MakeSocket(AddressFamily::kUnix, SocketKind::kStream);
  EXPECT_EQ(internal::NetworkOf(internal::RunningCore())
                .Bind(socket.fd(), SocketAddress::Unix(path)),
            0);
  return socket;
}

Coro<> CloseServer(Server server) {
  server.Close();
  co_await server.WaitClosed();
}

// Runs `body` with a path for a socket.
void WithPath(const std::function<Coro<>(const UnixSocketPath&)>& body) {
  const UnixSocketPath path;
  rondo::Run(body(path));
}

TEST(SelectorEventLoopUnixSocketTests,
     test_create_unix_server_existing_path_sock) {
  WithPath([](const UnixSocketPath& path) -> Coro<> {
    BoundTo(path.path()).Close();
    EXPECT_TRUE(path.exists());
    co_await CloseServer(co_await CreateUnixServer(&MakeMyProto, path.path()));
  });
}

TEST(SelectorEventLoopUnixSocketTests, test_create_unix_server_pathlib) {
  WithPath([](const UnixSocketPath& path) -> Coro<> {
    const std::filesystem::path as_path = path.path();
    co_await CloseServer(co_await CreateUnixServer(&MakeMyProto, as_path));
  });
}

TEST(SelectorEventLoopUnixSocketTests, test_create_unix_connection_pathlib) {
  WithPath([](const UnixSocketPath& path) -> Coro<> {
    const std::filesystem::path as_path = path.path();
    const std::optional<std::system_error> error =
        co_await Raised<std::system_error>(
            CreateUnixConnection(&MakeMyProto, as_path));
    EXPECT_EQ(error->code(), std::errc::no_such_file_or_directory);
    EXPECT_THAT(error->what(), StartsWith("connect unix:" + path.path()));
  });
}

TEST(SelectorEventLoopUnixSocketTests,
     test_create_unix_server_existing_path_nonsock) {
  WithPath([](const UnixSocketPath& path) -> Coro<> {
    std::ofstream(path.path()) << "a file";
    const std::optional<std::system_error> error =
        co_await Raised<std::system_error>(
            CreateUnixServer(&MakeMyProto, path.path()));
    EXPECT_EQ(error->code(), std::errc::address_in_use);
    EXPECT_THAT(error->what(), StartsWith("bind unix:" + path.path()));
    EXPECT_TRUE(path.exists());
  });
}

// Adapted: no path is an empty one.
TEST(SelectorEventLoopUnixSocketTests, test_create_unix_server_nopath_nosock) {
  rondo::Run([]() -> Coro<> {
    const std::optional<ValueError> error =
        co_await Raised<ValueError>(CreateUnixServer(&MakeMyProto, ""));
    EXPECT_STREQ(error->what(), "a Unix socket needs a path");
  }());
}

TEST(SelectorEventLoopUnixSocketTests,
     test_create_unix_connection_nopath_nosock) {
  rondo::Run([]() -> Coro<> {
    const std::optional<ValueError> error =
        co_await Raised<ValueError>(CreateUnixConnection(&MakeMyProto, ""));
    EXPECT_STREQ(error->what(), "a Unix socket needs a path");
  }());
}

TEST(SelectorEventLoopUnixSocketTests, test_create_unix_server_path_inetsock) {
  rondo::Run([]() -> Coro<> {
    const std::optional<ValueError> error = co_await Raised<ValueError>(
        CreateUnixServer(&MakeMyProto, Socket::Stream(AddressFamily::kIPv4)));
    EXPECT_THAT(error->what(), HasSubstr("a Unix stream socket was expected"));
  }());
}

TEST(SelectorEventLoopUnixSocketTests, test_create_unix_server_path_dgram) {
  rondo::Run([]() -> Coro<> {
    const std::optional<ValueError> error = co_await Raised<ValueError>(
        CreateUnixServer(&MakeMyProto, MakeSocket(AddressFamily::kUnix,
                                                  SocketKind::kDatagram)));
    EXPECT_THAT(error->what(), HasSubstr("a stream socket was expected"));
  }());
}

TEST(SelectorEventLoopUnixSocketTests,
     test_create_unix_server_path_stream_bittype) {
  WithPath([](const UnixSocketPath& path) -> Coro<> {
    co_await CloseServer(
        co_await CreateUnixServer(&MakeMyProto, BoundTo(path.path())));
  });
}

TEST(SelectorEventLoopUnixSocketTests,
     test_create_unix_connection_path_inetsock) {
  rondo::Run([]() -> Coro<> {
    const std::optional<ValueError> error =
        co_await Raised<ValueError>(CreateUnixConnection(
            &MakeMyProto, Socket::Stream(AddressFamily::kIPv4)));
    EXPECT_THAT(error->what(), HasSubstr("a Unix stream socket was expected"));
  }());
}

// The socket is closed on any bind error.
TEST(SelectorEventLoopUnixSocketTests, test_create_unix_server_bind_error) {
  ScriptedWorld world;
  world.network().Answer("bind", -EACCES);
  world.Run([]() -> Coro<> {
    const std::optional<std::system_error> error =
        co_await Raised<std::system_error>(
            CreateUnixServer(&MakeMyProto, "/test"));
    EXPECT_STREQ(error->what(), "bind unix:/test: Permission denied");
  });
  EXPECT_THAT(world.network().Open(), IsEmpty());
}

TEST(SelectorEventLoopUnixSocketTests,
     test_create_unix_connection_ssl_noserverhost) {
  WithPath([](const UnixSocketPath& path) -> Coro<> {
    Server server = co_await CreateUnixServer(&MakeMyProto, path.path());
    const std::optional<ValueError> error =
        co_await Raised<ValueError>(CreateUnixConnection(
            &MakeMyProto, path.path(), TlsOptions(TlsContext::Client())));
    EXPECT_THAT(error->what(), HasSubstr("server_hostname"));
  });
}

// ---- test_events.py

TEST(EventLoopTestsMixin, test_create_unix_connection) {
  WithPath([](const UnixSocketPath& path) -> Coro<> {
    ConnectionHandler greet = [](Stream stream) -> Coro<> {
      co_await stream.WriteAll(std::string_view("hello"));
    };
    Server server = co_await StartUnixServer(std::move(greet), path.path());
    const Connection connection =
        co_await CreateUnixConnection(&MakeMyProto, path.path());
    EXPECT_EQ(AddressInfo(*connection.transport, "sockname").path(), "");
    EXPECT_EQ(AddressInfo(*connection.transport, "peername").path(),
              path.path());
    co_await ProtoOf(connection).done;
    EXPECT_EQ(ProtoOf(connection).nbytes, 5u);
  });
}

TEST(EventLoopTestsMixin, test_create_unix_server) {
  WithPath([](const UnixSocketPath& path) -> Coro<> {
    const auto proto = std::make_shared<MyProto>();
    ProtocolFactory factory = [proto] { return proto; };
    Server server = co_await CreateUnixServer(std::move(factory), path.path());
    EXPECT_EQ(server.addresses().size(), 1u);
    Stream client = co_await OpenUnixConnection(path.path());
    co_await client.WriteAll(std::string_view("xxx"));
    co_await proto->connected;
    EXPECT_EQ(proto->state, "CONNECTED");
    while (proto->nbytes == 0) co_await Yield();
    EXPECT_EQ(proto->nbytes, 3u);
    proto->transport->Close();
    co_await proto->done;
    EXPECT_EQ(proto->state, "CLOSED");
  });
}

// A server over TLS at a path, with the certificate of "localhost".
Coro<Server> TlsServerAt(const UnixSocketPath& path,
                         std::shared_ptr<MyProto> proto) {
  ProtocolFactory factory = [proto] { return proto; };
  return CreateUnixServer(std::move(factory), path.path(), ServerTls());
}

// Trusts the server's authority, if it is to know it, and wants a certificate
// of `name`.
TlsOptions ClientOf(std::string name, bool knows_authority) {
  TlsSettings settings;
  if (knows_authority) settings = ClientSettings();
  settings.system_ca = false;
  return TlsOptions(TlsContext::Client(settings), std::move(name));
}

TEST(EventLoopTestsMixin, test_create_unix_server_ssl) {
  WithPath([](const UnixSocketPath& path) -> Coro<> {
    const auto proto = std::make_shared<MyProto>();
    Server server = co_await TlsServerAt(path, proto);
    TlsSettings settings;
    settings.verify = TlsVerify::kNone;
    settings.check_hostname = false;
    Stream client = co_await OpenUnixConnection(
        path.path(), TlsOptions(TlsContext::Client(settings), ""));
    co_await client.WriteAll(std::string_view("xxx"));
    co_await proto->connected;
    EXPECT_EQ(proto->state, "CONNECTED");
    while (proto->nbytes == 0) co_await Yield();
    EXPECT_EQ(proto->nbytes, 3u);
    proto->transport->Close();
    co_await proto->done;
    EXPECT_EQ(proto->state, "CLOSED");
  });
}

TEST(EventLoopTestsMixin, test_create_unix_server_ssl_verify_failed) {
  WithPath([](const UnixSocketPath& path) -> Coro<> {
    const auto proto = std::make_shared<MyProto>();
    Server server = co_await TlsServerAt(path, proto);
    const std::optional<CertificateVerificationError> error =
        co_await Raised<CertificateVerificationError>(CreateUnixConnection(
            &MakeMyProto, path.path(), ClientOf("localhost", false)));
    EXPECT_TRUE(error.has_value());
    EXPECT_EQ(proto->transport, nullptr);
  });
}

TEST(EventLoopTestsMixin, test_create_unix_server_ssl_verified) {
  WithPath([](const UnixSocketPath& path) -> Coro<> {
    const auto proto = std::make_shared<MyProto>();
    Server server = co_await TlsServerAt(path, proto);
    const Connection client = co_await CreateUnixConnection(
        &MakeMyProto, path.path(), ClientOf("localhost", true));
    co_await proto->connected;
    proto->transport->Close();
    client.transport->Close();
    co_await proto->done;
  });
}

// Adapted: the peer is a server of rondo's.
TEST(EventLoopTestsMixin, test_create_ssl_unix_connection) {
  WithPath([](const UnixSocketPath& path) -> Coro<> {
    ConnectionHandler greet = [](Stream stream) -> Coro<> {
      co_await stream.WriteAll(std::string_view("hello"));
    };
    Server server =
        co_await StartUnixServer(std::move(greet), path.path(), ServerTls());
    const Connection client = co_await CreateUnixConnection(
        &MakeMyProto, path.path(), ClientOf("127.0.0.1", true));
    EXPECT_EQ(AddressInfo(*client.transport, "peername").path(), path.path());
    EXPECT_TRUE(client.transport->GetExtraInfo("tls").has_value());
    co_await ProtoOf(client).done;
    EXPECT_EQ(ProtoOf(client).nbytes, 5u);
    const std::optional<CertificateVerificationError> error =
        co_await Raised<CertificateVerificationError>(CreateUnixConnection(
            &MakeMyProto, path.path(), ClientOf("127.0.0.1", false)));
    EXPECT_TRUE(error.has_value());
  });
}

// ---- test_server.py

Coro<> Nothing(Stream) { co_return; }

// The message is read, then the server cancelled, who says good-bye.
TEST(SelectorStartServerTests, test_start_unix_server_1) {
  WithPath([](const UnixSocketPath& path) -> Coro<> {
    const auto main_task = std::make_shared<Task<>>();
    ConnectionHandler serve = [main_task](Stream stream) -> Coro<> {
      co_await stream.ReadLine();
      main_task->Cancel();
      co_await stream.WriteAll(std::string_view("1"));
    };
    ServerOptions options;
    options.start_serving = false;
    Server server =
        co_await StartUnixServer(std::move(serve), path.path(), options);
    const auto main = [](Server srv) -> Coro<> {
      EXPECT_FALSE(srv.is_serving());
      co_await srv.StartServing();
      EXPECT_TRUE(srv.is_serving());
      co_await srv.ServeForever();
    };
    *main_task = CreateTask(main(server));
    while (!server.is_serving()) co_await Yield();
    Stream client = co_await OpenUnixConnection(path.path());
    co_await client.WriteAll(std::string(5 * 1024, '1') + "\n");
    EXPECT_EQ(co_await client.ReadAll(), "1");
    client.Close();
    co_await WaitForAll(*main_task);
    EXPECT_TRUE(main_task->cancelled());
    EXPECT_THAT(server.addresses(), IsEmpty());
    EXPECT_FALSE(server.is_serving());
    const std::optional<RuntimeError> closed =
        co_await Raised<RuntimeError>(server.ServeForever());
    EXPECT_THAT(closed->what(), HasSubstr("is closed"));
    *main_task = Task<>();
  });
}

TEST(UnixServerCleanupTests, test_unix_server_addr_cleanup) {
  WithPath([](const UnixSocketPath& path) -> Coro<> {
    Server server = co_await StartUnixServer(Nothing, path.path());
    EXPECT_TRUE(path.exists());
    server.Close();
    EXPECT_FALSE(path.exists());
  });
}

TEST(UnixServerCleanupTests, test_unix_server_sock_cleanup) {
  WithPath([](const UnixSocketPath& path) -> Coro<> {
    Server server = co_await StartUnixServer(Nothing, BoundTo(path.path()));
    server.Close();
    EXPECT_FALSE(path.exists());
  });
}

TEST(UnixServerCleanupTests, test_unix_server_cleanup_gone) {
  WithPath([](const UnixSocketPath& path) -> Coro<> {
    Server server = co_await StartUnixServer(Nothing, BoundTo(path.path()));
    EXPECT_EQ(unlink(path.path().c_str()), 0);
    server.Close();
    co_return;
  });
}

TEST(UnixServerCleanupTests, test_unix_server_cleanup_replaced) {
  WithPath([](const UnixSocketPath& path) -> Coro<> {
    Server server = co_await StartUnixServer(Nothing, path.path());
    EXPECT_EQ(unlink(path.path().c_str()), 0);
    const Socket others = BoundTo(path.path());
    server.Close();
    EXPECT_TRUE(path.exists());
  });
}

TEST(UnixServerCleanupTests, test_unix_server_cleanup_prevented) {
  WithPath([](const UnixSocketPath& path) -> Coro<> {
    ServerOptions options;
    options.cleanup_socket = false;
    Server server = co_await StartUnixServer(Nothing, path.path(), options);
    server.Close();
    EXPECT_TRUE(path.exists());
  });
}

}  // namespace
}  // namespace rondo::conformance
