// CPython's test_sslproto.py: a TlsProtocol whose transport is none.
#include <algorithm>
#include <any>
#include <cerrno>
#include <chrono>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/tls_protocol.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/conformance/tls_ends.h"
#include "rondo/tests/support/noting_transport.h"

namespace rondo::conformance {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;
using namespace std::string_literals;

// A client whose server never answers.
struct Unanswered {
  explicit Unanswered(
      const Future<>& waiter = {},
      std::shared_ptr<Protocol> p = std::make_shared<Protocol>())
      : protocol(std::move(p)),
        tls(std::make_shared<TlsProtocol>(protocol, Options(), waiter,
                                          /*has_transport=*/false)) {
    EXPECT_EQ(tls->GetProtocol(), protocol);
  }
  static TlsOptions Options() {
    TlsOptions options = AnyServer();
    options.handshake_timeout = 100ms;
    return options;
  }
  void ConnectionMade() { tls->ConnectionMade(below); }

  std::shared_ptr<Protocol> protocol;
  std::shared_ptr<TlsProtocol> tls;
  std::shared_ptr<NotingTransport> below = std::make_shared<NotingTransport>();
};

// What a TlsProtocol says to that handshake_timeout.
std::string Complaint(Nanoseconds timeout) {
  TlsOptions options = AnyServer();
  options.handshake_timeout = timeout;
  try {
    TlsProtocol(std::make_shared<Protocol>(), options, {}, false);
  } catch (const ValueError& error) {
    return error.what();
  }
  return "";
}

TEST(SslProtoHandshakeTests, test_handshake_timeout_zero) {
  RunTest([]() -> Coro<> {
    EXPECT_EQ(Complaint(0ms),
              "handshake_timeout must be positive, and is 0 ms");
    co_return;
  });
}

TEST(SslProtoHandshakeTests, test_handshake_timeout_negative) {
  RunTest([]() -> Coro<> {
    EXPECT_EQ(Complaint(-10s),
              "handshake_timeout must be positive, and is -10000 ms");
    co_return;
  });
}

TEST(SslProtoHandshakeTests, test_eof_received_waiter) {
  RunTest([]() -> Coro<> {
    const Future<> waiter = CreateFuture();
    Unanswered client(waiter);
    client.ConnectionMade();
    EXPECT_NE(client.below->written, "");  // Its hello.
    client.tls->EofReceived();
    EXPECT_THAT(DescribeException(waiter.exception()),
                HasSubstr("end of file during the TLS handshake"));
    EXPECT_TRUE(client.below->aborted);
    client.tls->ConnectionLost(nullptr);
    co_return;
  });
}

TEST(SslProtoHandshakeTests, test_connection_lost) {
  RunTest([]() -> Coro<> {
    const Future<> waiter = CreateFuture();
    Unanswered client(waiter);
    client.ConnectionMade();
    const std::exception_ptr error = std::make_exception_ptr(
        std::system_error(ECONNABORTED, std::generic_category()));
    client.tls->ConnectionLost(error);
    EXPECT_EQ(waiter.exception(), error);
    EXPECT_EQ(RunningLoop().scheduled_count(), 0u);
    co_return;
  });
}

TEST(SslProtoHandshakeTests, test_close_during_handshake) {
  RunTest([]() -> Coro<> {
    const Future<> waiter = CreateFuture();
    Unanswered client(waiter);
    client.ConnectionMade();
    client.tls->Close();
    EXPECT_TRUE(client.below->aborted);
    client.tls->ConnectionLost(nullptr);
    EXPECT_THAT(DescribeException(waiter.exception()),
                HasSubstr("closed during the TLS handshake"));
    co_return;
  });
}

// Adapted: of a connection that is lost, what its transport still knows is
// known.
TEST(SslProtoHandshakeTests, test_get_extra_info_on_closed_connection) {
  RunTest([]() -> Coro<> {
    Unanswered client;
    EXPECT_FALSE(client.tls->GetExtraInfo("socket").has_value());
    EXPECT_TRUE(client.tls->GetExtraInfo("sslcontext").has_value());
    client.ConnectionMade();
    EXPECT_EQ(std::any_cast<int>(client.tls->GetExtraInfo("socket")), 7);
    EXPECT_FALSE(client.tls->GetExtraInfo("tls").has_value());
    client.tls->Abort();
    client.tls->ConnectionLost(nullptr);
    EXPECT_EQ(std::any_cast<int>(client.tls->GetExtraInfo("socket")), -1);
    co_return;
  });
}

TEST(SslProtoHandshakeTests, test_set_new_app_protocol) {
  RunTest([]() -> Coro<> {
    Unanswered client;
    const auto other = std::make_shared<Protocol>();
    client.tls->SetProtocol(other);
    EXPECT_EQ(client.tls->GetProtocol(), other);
    EXPECT_EQ(client.protocol.use_count(), 1);
    co_return;
  });
}

TEST(SslProtoHandshakeTests, test_data_received_after_closing) {
  RunTest([]() -> Coro<> {
    Unanswered client;
    client.ConnectionMade();
    client.tls->Close();
    const std::span<char> buffer = client.tls->GetBuffer(5);
    std::fill_n(buffer.begin(), 5, 'x');
    client.tls->BufferUpdated(5);
    client.tls->ConnectionLost(nullptr);
    co_return;
  });
}

TEST(SslProtoHandshakeTests, test_write_after_closing) {
  RunTest([]() -> Coro<> {
    Unanswered client;
    client.ConnectionMade();
    client.tls->Close();
    client.tls->Write("data"s);
    client.tls->ConnectionLost(nullptr);
    co_return;
  });
}

TEST(SslProtoHandshakeTests, test_close_during_ssl_over_ssl) {
  RunTest([]() -> Coro<> {
    Unanswered inner;
    Unanswered outer({}, inner.tls);
    inner.tls->ConnectionMade(outer.tls);
    outer.ConnectionMade();
    outer.tls->Close();
    EXPECT_TRUE(outer.below->aborted);
    outer.tls->ConnectionLost(nullptr);
    co_return;
  });
}

}  // namespace
}  // namespace rondo::conformance
