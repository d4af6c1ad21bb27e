// asyncio's streams and socket calls, as they once were.
//
// DrainTakesOneWaiter: of two tasks that wait in drain() for the same stream
// the second hits an assertion. In rondo there is no drain apart from the
// write: WriteAll waits, and a second writer at the same time is told so by a
// RuntimeError, before it has written anything. Writers share a Lock.
// SockRecvRemovesSuccessor: a cancelled sock_recv cleans up a turn later, and
// removes whoever reads the socket by then.
//
// Source: bpo-29930 (gh-74116); bpo-30064 (gh-74250).

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/io.h"
#include "rondo/runtime/lock.h"
#include "rondo/runtime/network.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/simnet/scenario_registry.h"

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr int kPort = 80;

// Buffers what it writes, as asyncio's StreamWriter.
class OldWriter {
 public:
  explicit OldWriter(rondo::Stream stream) : stream_(std::move(stream)) {}

  rondo::Coro<> Send(std::string message) {
    buffer_ += message;
    if (!sending_) rondo::CreateTask(SendBuffer(), "send buffer");
    sending_ = true;
    return Drain();
  }

 private:
  rondo::Coro<> Drain() {
    if (buffer_.empty()) co_return;
    // The fault: there is room for one.
    if (drained_ && !drained_.cancelled()) {
      throw std::logic_error("assertion failed: nobody waits in drain()");
    }
    drained_ = rondo::CreateFuture();
    co_await drained_;
  }

  rondo::Coro<> SendBuffer() {
    while (!buffer_.empty()) {
      const std::string chunk = std::exchange(buffer_, {});
      co_await stream_.WriteAll(chunk);
    }
    sending_ = false;
    if (drained_ && !drained_.done()) drained_.SetResult();
    drained_ = {};
  }

  rondo::Stream stream_;
  std::string buffer_;
  bool sending_ = false;
  rondo::Future<> drained_;
};

class LockedWriter {
 public:
  explicit LockedWriter(rondo::Stream stream) : stream_(std::move(stream)) {}

  rondo::Coro<> Send(std::string message) {
    const rondo::LockGuard turn = co_await writing_.Scoped();
    co_await stream_.WriteAll(message);
  }

 private:
  rondo::Stream stream_;
  rondo::Lock writing_;
};

// A message is more than the network takes at once.
constexpr int kSendBuffer = 100;
constexpr std::size_t kMessage = 250;
constexpr int kMessages = 2;

rondo::Coro<> Sink(std::size_t* received) {
  const auto drink = [received](rondo::Stream stream) -> rondo::Coro<> {
    std::array<char, 64> buffer;
    while (const std::size_t n = co_await stream.Read(buffer)) *received += n;
  };
  rondo::Server server = co_await rondo::StartServer(drink, "", kPort);
  co_await server.ServeForever();
}

template <class W>
rondo::Coro<> Report(rondo::Simulation* sim, W* writer,
                     rondo::Nanoseconds start) {
  co_await rondo::Sleep(start);
  for (int i = 0; i < kMessages; ++i) {
    try {
      co_await writer->Send(std::string(kMessage, 'x'));
    } catch (const std::logic_error& error) {
      sim->Fail("send failed", error.what());
    }
    co_await rondo::Sleep(40ms);
  }
}

template <class W>
void TwoReporters(rondo::Simulation& sim) {
  std::size_t received = 0;
  sim.SetLatency(1ms, 4ms);
  sim.AddHost("sink", [&received] { return Sink(&received); });
  sim.Run([&sim, &received]() -> rondo::Coro<> {
    co_await rondo::Sleep(1s);  // The sink listens by then.
    rondo::Stream stream = co_await rondo::OpenConnection("sink", kPort);
    rondo::RunningLoop().seams().network->SetOption(
        stream.fd(), rondo::SocketOption::kSendBuffer, kSendBuffer);
    W writer(std::move(stream));
    rondo::CreateTask(Report(&sim, &writer, 0ms), "a");
    rondo::CreateTask(Report(&sim, &writer, 12ms), "b");
    co_await rondo::Sleep(10s);
    if (received < 2 * kMessages * kMessage) sim.Fail("lost bytes");
  });
}

using RecvFunction = rondo::Coro<std::size_t> (*)(int, std::span<char>);

rondo::Coro<std::size_t> OldSockRecv(int fd, std::span<char> buffer) {
  rondo::Network& network = *rondo::RunningLoop().seams().network;
  rondo::SysResult result = network.Receive(fd, buffer);
  if (result == -EAGAIN) {
    rondo::Future<rondo::SysResult> done =
        rondo::CreateFuture<rondo::SysResult>();
    rondo::AddReader(
        fd,
        [&network, fd, buffer, done]() mutable {
          if (done.done()) return;
          const rondo::SysResult got = network.Receive(fd, buffer);
          if (got != -EAGAIN) done.SetResult(got);
        },
        "old_sock_recv");
    // The fault: it may be another's by then.
    done.AddDoneCallback([fd] { rondo::RemoveReader(fd); },
                         "old_sock_recv_done");
    result = co_await done;
  }
  if (result < 0) {
    throw std::system_error(static_cast<int>(-result), std::generic_category(),
                            "recv");
  }
  co_return static_cast<std::size_t>(result);
}

constexpr int kTicks = 5;

rondo::Coro<> Tick(rondo::Stream stream) {
  for (int i = 0; i < kTicks; ++i) {
    co_await rondo::Sleep(20ms);
    co_await stream.WriteAll(std::string_view("tick"));
  }
}

rondo::Coro<> Clock() {
  rondo::Server server = co_await rondo::StartServer(Tick, "", kPort);
  co_await server.ServeForever();
}

// Whether there was something to read in time.
rondo::Coro<bool> ReadWithin(RecvFunction recv, int fd,
                             rondo::Nanoseconds limit, std::size_t* n) {
  std::array<char, 16> buffer;
  try {
    *n = co_await rondo::WaitFor(recv(fd, buffer), limit);
  } catch (const rondo::TimeoutError&) {
    co_return false;
  }
  co_return true;
}

// Looks up when there is no tick for too long, and listens again.
void ListenToTicks(rondo::Simulation& sim, RecvFunction recv) {
  sim.SetLatency(1ms, 8ms);
  sim.AddHost("clock", Clock);
  sim.Run([&sim, recv]() -> rondo::Coro<> {
    co_await rondo::Sleep(1s);  // The clock listens by then.
    const rondo::Stream stream = co_await rondo::OpenConnection("clock", kPort);
    std::size_t n = 1;
    while (n > 0) {
      if (co_await ReadWithin(recv, stream.fd(), 24ms, &n)) continue;
      if (co_await ReadWithin(recv, stream.fd(), 1s, &n)) continue;
      sim.Fail("lost reader", "there are ticks, or the end, and nobody reads");
      n = 0;
    }
  });
}

}  // namespace

RONDO_SCENARIO(DrainTakesOneWaiter) { TwoReporters<OldWriter>(sim); }
RONDO_SCENARIO(RondoStreamWithLock) { TwoReporters<LockedWriter>(sim); }

RONDO_SCENARIO(SockRecvRemovesSuccessor) { ListenToTicks(sim, OldSockRecv); }
RONDO_SCENARIO(RondoSockRecv) { ListenToTicks(sim, rondo::SockRecvInto); }
