// The calls of the socket API.
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

Coro<std::string> Received(int fd, std::size_t most) {
  std::string data(most, '\0');
  data.resize(co_await SockRecvInto(fd, data));
  co_return data;
}

Coro<> ReceiveOnce(Env& env, std::string name, int fd) {
  try {
    const std::string data = co_await Received(fd, 10);
    env.Log(name, " got ", data, " at ", env.t());
  } catch (const CancelledError&) {
    env.Log(name, " cancelled");
    throw;
  }
}

Coro<> SendTen(Env& env, int fd) {
  co_await SockSendAll(fd, std::string_view("0123456789"));
  env.Log("S done at ", env.t());
}

Coro<> BackPressure(Env& env, int near, int far) {
  const Task<> s = CreateTask(SendTen(env, near), "S");
  std::size_t n = 0;
  while (n < 10) {
    const std::string chunk = co_await Received(far, 3);
    n += chunk.size();
    env.Log("main got ", chunk, " at ", env.t());
    co_await Sleep(500ms);
  }
  co_await s;
}

// The reader of the call that was cancelled is replaced in the same step.
Coro<> CancelAndReplace(Env& env, int near, int far) {
  Task<> c = CreateTask(ReceiveOnce(env, "C", far), "C");
  co_await Yield();
  c.Cancel();
  const Task<> d = CreateTask(ReceiveOnce(env, "D", far), "D");
  co_await SockSendAll(near, std::string_view("late"));
  std::vector<AnyFuture> both = {c, d};
  co_await Wait(std::move(both));
}

Coro<> AcceptOne(Env& env, int listener) {
  const Accepted accepted = co_await SockAccept(listener);
  env.Log("A accepted at ", env.t());
}

Coro<> ConnectOnce(Env& env, SocketAddress address) {
  const Socket socket = Socket::Stream(AddressFamily::kIPv4);
  co_await SockConnect(socket.fd(), address);
  env.Log("B connected at ", env.t());
}

Coro<> AcceptAndConnect(Env& env) {
  const SocketAddress address = SocketAddress::IPv4({10, 0, 0, 1}, 5);
  const Socket listener = Socket::Stream(AddressFamily::kIPv4);
  env.net().Bind(listener.fd(), address);
  env.net().Listen(listener.fd(), 1);
  std::vector<Task<>> tasks;
  tasks.push_back(CreateTask(AcceptOne(env, listener.fd()), "A"));
  tasks.push_back(CreateTask(ConnectOnce(env, address), "B"));
  co_await Gather(tasks);
}

// SockRecvInto, SockSendAll, SockAccept, SockConnect and their cancellation.
Coro<> SockPrimitives(Env& env) {
  env.net().Configure(250ms, 4);
  std::array<int, 2> pair;
  env.net().SocketPair(SocketKind::kStream, &pair);
  Socket near(pair[0]);
  const Socket far(pair[1]);

  const Task<> r = CreateTask(ReceiveOnce(env, "R", far.fd()), "R");
  co_await Yield();
  co_await SockSendAll(near.fd(), std::string_view("hi"));
  co_await r;

  co_await BackPressure(env, near.fd(), far.fd());
  co_await CancelAndReplace(env, near.fd(), far.fd());
  co_await AcceptAndConnect(env);
  near.Close();
  const std::string rest = co_await Received(far.fd(), 10);
  env.Log("5 got ", rest.size(), " bytes at ", env.t());
}

}  // namespace

Scenarios SocketScenarios() { return {{"sock_primitives", SockPrimitives}}; }

}  // namespace rondo::conformance
