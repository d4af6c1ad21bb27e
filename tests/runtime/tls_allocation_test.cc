// What a TLS connection that is open costs: no memory of ours. (OpenSSL's own
// comes from malloc, which is not counted.)
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/tls_protocol.h"
#include "rondo/tests/runtime/tls_fixtures.h"
#include "rondo/tests/runtime/virtual_loop.h"
#include "rondo/tests/support/counting_heap.h"
#include "rondo/tests/support/noting_transport.h"

namespace rondo {
namespace {

class CountingBytes final : public Protocol {
 public:
  void DataReceived(std::span<const char> data) override {
    size += data.size();
  }

  std::size_t size = 0;
};

// One end of a connection.
struct End {
  explicit End(TlsOptions options)
      : tls(std::make_shared<TlsProtocol>(protocol, std::move(options),
                                          Future<>(),
                                          /*has_transport=*/false)) {
    tls->ConnectionMade(wire);
  }

  std::shared_ptr<CountingBytes> protocol = std::make_shared<CountingBytes>();
  std::shared_ptr<NotingTransport> wire = std::make_shared<NotingTransport>();
  std::shared_ptr<TlsProtocol> tls;
};

// Brings what one end has sent to the other.
void Deliver(End& from, End& to, std::string* spare) {
  std::swap(from.wire->written, *spare);
  for (std::size_t at = 0; at < spare->size();) {
    const std::span<char> buffer = to.tls->GetBuffer(0);
    const std::size_t n = std::min(buffer.size(), spare->size() - at);
    std::copy_n(spare->data() + at, n, buffer.data());
    to.tls->BufferUpdated(n);
    at += n;
  }
  spare->clear();
}

TlsOptions AnyServer() {
  TlsSettings settings;
  settings.verify = TlsVerify::kNone;
  return TlsOptions(TlsContext::Client(settings), "");
}

// Sends `size` bytes one way and as many back, many times.
void ExpectFree(std::size_t size) {
  VirtualLoop world;
  world.Run([size]() -> Coro<> {
    End server(ServerTls());
    End client(AnyServer());
    std::string spare;
    const std::string data(size, 'x');
    const auto exchange = [&] {
      client.tls->Write(data);
      Deliver(client, server, &spare);
      server.tls->Write(data);
      Deliver(server, client, &spare);
    };
    for (int i = 0; i < 5; ++i) exchange();  // Also the handshake.
    const std::size_t received = server.protocol->size;
    EXPECT_GE(received, size);
    const std::uint64_t before =
        RunningLoop().core()->pool->allocated() + heap_allocations;
    for (int i = 0; i < 100; ++i) exchange();
    EXPECT_EQ(RunningLoop().core()->pool->allocated() + heap_allocations,
              before);
    EXPECT_EQ(server.protocol->size, received + 100 * size);
    EXPECT_EQ(client.protocol->size, server.protocol->size);
    client.tls->Abort();
    server.tls->Abort();
    client.tls->ConnectionLost(nullptr);
    server.tls->ConnectionLost(nullptr);
    co_return;
  });
}

TEST(TlsAllocationTest, SmallMessages) { ExpectFree(100); }

TEST(TlsAllocationTest, ManyRecordsAtOnce) { ExpectFree(200'000); }

}  // namespace
}  // namespace rondo
