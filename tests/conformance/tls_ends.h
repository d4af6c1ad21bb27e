// What the ports of CPython's test_ssl.py and test_sslproto.py share.
#ifndef RONDO_TESTS_CONFORMANCE_TLS_ENDS_H_
#define RONDO_TESTS_CONFORMANCE_TLS_ENDS_H_

#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/tls.h"
#include "rondo/tests/runtime/tls_fixtures.h"

namespace rondo::conformance {

// `BUF_MULTIPLIER` and `PAYLOAD_SIZE` of the originals.
inline constexpr std::size_t kManyBytes = 1024 * 1024;
inline constexpr std::size_t kPayloadSize = 100 * 1024;

inline std::uint16_t PortOf(const Server& server) {
  return server.addresses().at(0).port();
}

inline std::shared_ptr<const TlsContext> ServerContext() {
  return TlsContext::Server(ServerSettings());
}

// A client that takes any certificate: `disable_verify`, and no
// `server_hostname`.
inline TlsOptions AnyServer() {
  TlsSettings settings;
  settings.verify = TlsVerify::kNone;
  return TlsOptions(TlsContext::Client(settings), "");
}

// A client that verifies, but trusts nobody.
inline TlsOptions NoServer() {
  TlsSettings settings;
  settings.check_hostname = false;
  settings.system_ca = false;
  return TlsOptions(TlsContext::Client(settings), "");
}

// A server's handler that never says anything.
inline Coro<> Mute(Stream stream) { co_await stream.ReadAll(); }

// A client's protocol: the first bytes, and the ends.
class ClientProto : public Protocol {
 public:
  ClientProto()
      : on_data(CreateFuture<std::string>()),
        on_eof(CreateFuture()),
        on_lost(CreateFuture()) {}

  void ConnectionMade(std::shared_ptr<Transport> made) override {
    transport = std::move(made);
    ++made_count;
  }
  void DataReceived(std::span<const char> data) override {
    on_data.SetResult(std::string(data.data(), data.size()));
  }
  bool EofReceived() override {
    on_eof.SetResult();
    return false;
  }
  void ConnectionLost(std::exception_ptr error) override {
    ++lost_count;
    if (error == nullptr) {
      on_lost.SetResult();
    } else {
      on_lost.SetException(error);
      on_lost.exception();  // Nobody need ask for it.
    }
  }

  Future<std::string> on_data;
  Future<> on_eof;
  Future<> on_lost;
  std::shared_ptr<Transport> transport;
  int made_count = 0;
  int lost_count = 0;
};

}  // namespace rondo::conformance

#endif  // RONDO_TESTS_CONFORMANCE_TLS_ENDS_H_
