// asyncio.Server, as it once was.
//
// WaitClosedReturnsEarly: wait_closed() of a server that has been closed
// returns at once, also with connections open.
// ServerCloseMeetsAccept: between the accept and the making of the transport
// lies a turn of the loop. A server that is closed in it makes the connection
// fail, with an error that nobody can catch.
//
// Source: bpo-34852 (gh-79033), bpo-33727; gh-109564.

#include <array>
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/io.h"
#include "rondo/runtime/network.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/simnet/scenario_registry.h"

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr int kPort = 80;

rondo::Socket Listener() {
  rondo::Network& network = *rondo::RunningLoop().seams().network;
  rondo::Socket socket = rondo::Socket::Stream(rondo::AddressFamily::kIPv4);
  network.Bind(socket.fd(), rondo::SocketAddress::IPv4({0, 0, 0, 0}, kPort));
  network.Listen(socket.fd(), 10);
  return socket;
}

// Takes 20 ms for a client.
rondo::Coro<> Answer(rondo::Stream stream, int* open) {
  ++*open;
  co_await rondo::Sleep(20ms);
  co_await stream.WriteAll(std::string_view("done"));
  --*open;
}

// Serves for so long, and then returns when every connection has been closed.
using ServeFunction = rondo::Coro<> (*)(rondo::Nanoseconds, int*);

rondo::Coro<> AcceptAll(int* open) {
  const rondo::Socket listener = Listener();
  for (;;) {
    rondo::Accepted client = co_await rondo::SockAccept(listener.fd());
    rondo::Stream stream(std::move(client.socket));
    rondo::CreateTask(Answer(std::move(stream), open), "answer");
  }
}

// The fault: it returns as soon as it no longer accepts.
rondo::Coro<> OldServe(rondo::Nanoseconds open_for, int* open) {
  rondo::Task<> accepting = rondo::CreateTask(AcceptAll(open), "accepting");
  co_await rondo::Sleep(open_for);
  accepting.Cancel();
  co_await rondo::Yield();
}

rondo::Coro<> Serve(rondo::Nanoseconds open_for, int* open) {
  const auto answer = [open](rondo::Stream stream) {
    return Answer(std::move(stream), open);
  };
  rondo::Server server = co_await rondo::StartServer(answer, "", kPort);
  co_await rondo::Sleep(open_for);
  server.Close();
  co_await server.WaitClosed();
}

rondo::Coro<> ReadAnswer(rondo::Stream* stream) {
  std::array<char, 16> buffer;
  while (co_await stream->Read(buffer) > 0) {
  }
}

void CloseAndWait(rondo::Simulation& sim, ServeFunction serve) {
  sim.SetLatency(1ms, 8ms);
  sim.AddHost("server", [&sim, serve]() -> rondo::Coro<> {
    int open = 0;
    co_await serve(130ms, &open);
    if (open > 0) sim.Fail("open connection", "the server was waited for");
    co_await rondo::Sleep(60s);
  });
  sim.Run([]() -> rondo::Coro<> {
    co_await rondo::Sleep(100ms);  // The server listens by then.
    rondo::Stream stream = co_await rondo::OpenConnection("server", kPort);
    co_await ReadAnswer(&stream);
  });
}

// Accepts in one turn and makes the stream in the next.
class OldServer {
 public:
  explicit OldServer(rondo::ConnectionHandler handler)
      : handler_(std::move(handler)), listener_(Listener()) {
    const auto accept = [this] {
      rondo::Network& network = *rondo::RunningLoop().seams().network;
      const rondo::SysResult fd = network.Accept(listener_.fd(), nullptr);
      if (fd < 0) return;
      rondo::CreateTask(SetUp(static_cast<int>(fd)), "set up");
    };
    rondo::AddReader(listener_.fd(), accept, "accept");
  }
  void Close() { listener_.Close(); }

 private:
  rondo::Coro<> SetUp(int fd) {
    rondo::Socket socket(fd);
    // The fault: it may have been closed meanwhile.
    if (!listener_) throw std::logic_error("assertion failed: it is open");
    co_await handler_(rondo::Stream(std::move(socket)));
  }

  rondo::ConnectionHandler handler_;
  rondo::Socket listener_;
};

// Serves for so long.
using OpenFunction = rondo::Coro<> (*)(rondo::ConnectionHandler,
                                       rondo::Nanoseconds);

rondo::Coro<> OpenOldServer(rondo::ConnectionHandler handler,
                            rondo::Nanoseconds open_for) {
  OldServer server(std::move(handler));
  co_await rondo::Sleep(open_for);
  server.Close();
  co_await rondo::Sleep(60s);
}

rondo::Coro<> OpenServer(rondo::ConnectionHandler handler,
                         rondo::Nanoseconds open_for) {
  rondo::Server server =
      co_await rondo::StartServer(std::move(handler), "", kPort);
  co_await rondo::Sleep(open_for);
  server.Close();
  co_await rondo::Sleep(60s);
}

rondo::Coro<> Greet(rondo::Stream stream) {
  co_await stream.WriteAll(std::string_view("hello"));
}

// A client comes when the server is about to close: it is served, or turned
// away, or finds nobody.
void CloseWhenAClientComes(rondo::Simulation& sim, OpenFunction open) {
  sim.SetLatency(1ms, 8ms);
  sim.AddHost("server", [&sim, open]() -> rondo::Coro<> {
    rondo::RunningLoop().SetExceptionHandler(
        [&sim](rondo::EventLoop&, const rondo::ExceptionReport& report) {
          sim.Fail("error of nobody",
                   rondo::DescribeException(report.exception));
        });
    co_await open(Greet, 106ms);
  });
  sim.Run([&sim]() -> rondo::Coro<> {
    co_await rondo::Sleep(100ms);  // The server listens by then.
    try {
      rondo::Stream stream = co_await rondo::OpenConnection("server", kPort);
      co_await rondo::WaitFor(ReadAnswer(&stream), 1s);
    } catch (const std::system_error&) {
      // Turned away, or nobody there.
    } catch (const rondo::TimeoutError&) {
      sim.Fail("forgotten client");
    }
    co_await rondo::Sleep(1s);
  });
}

}  // namespace

RONDO_SCENARIO(WaitClosedReturnsEarly) { CloseAndWait(sim, OldServe); }
RONDO_SCENARIO(RondoServerWaits) { CloseAndWait(sim, Serve); }

RONDO_SCENARIO(ServerCloseMeetsAccept) {
  CloseWhenAClientComes(sim, OpenOldServer);
}
RONDO_SCENARIO(RondoServer) { CloseWhenAClientComes(sim, OpenServer); }
