// What becomes of a connection whose accept is cancelled.

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <system_error>

#include "gtest/gtest.h"
#include "rondo/replay/explorer.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/simnet/scenario.h"

namespace rondo {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr int kPort = 80;
constexpr int kClients = 5;

// A listening socket of the running loop.
Socket Listener() {
  Network& network = *RunningLoop().seams().network;
  Socket socket = Socket::Stream(AddressFamily::kIPv4);
  network.Bind(socket.fd(), SocketAddress::IPv4({0, 0, 0, 0}, kPort));
  network.Listen(socket.fd(), 10);
  return socket;
}

// Accepts with a patience that often ends when a client has just come.
Coro<> Serve() {
  const Socket listener = Listener();
  for (;;) {
    try {
      const Accepted accepted =
          co_await WaitFor(SockAccept(listener.fd()), 7ms);
      co_await SockSendAll(accepted.socket.fd(), "hello");
    } catch (const TimeoutError&) {
      // It tries again.
    } catch (const std::system_error&) {
      // The client has gone.
    }
  }
}

Coro<> ReadSome(Stream* stream) {
  std::array<char, 16> buffer;
  co_await stream->Read(buffer);
}

// A client is greeted or turned away, and never forgotten.
void Connect(Simulation& sim) {
  sim.SetLatency(1ms, 8ms);
  sim.AddHost("server", Serve);
  sim.Run([&sim]() -> Coro<> {
    co_await Sleep(50ms);  // The server listens by then.
    for (int i = 0; i < kClients; ++i) {
      Stream stream = co_await OpenConnection("server", kPort);
      try {
        co_await WaitFor(ReadSome(&stream), 10s);
      } catch (const TimeoutError&) {
        sim.Fail("forgotten", "connected, and nobody knows of it");
      } catch (const std::system_error&) {
        // Turned away.
      }
    }
  });
}

TEST(AcceptCancelTest, ACancelledAcceptLeavesNoConnectionOpen) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Explorer explorer(MakeRunOnce(Connect, {}),
                      {.schedules = 200, .seed = seed, .adversarial = true});
    const absl::StatusOr<ExploreResult> result = explorer.Run();
    ASSERT_TRUE(result.ok());
    for (const Finding& finding : result->findings) {
      ADD_FAILURE() << "seed " << seed << ", run " << finding.run << ": "
                    << finding.outcome.message << "\n"
                    << finding.token;
    }
  }
}

}  // namespace
}  // namespace rondo
