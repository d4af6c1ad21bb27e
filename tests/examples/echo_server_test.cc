// The echo server of echo_server.cc, whose main is called EchoServerMain here.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

#include "gtest/gtest.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/streams.h"
#include "rondo/simnet/simulate.h"

rondo::Coro<> Echo(rondo::Stream stream);
rondo::Coro<> Serve();

namespace rondo {
namespace {

// A client that knows nothing of rondo: sends `text`, ends its side, and
// returns all that comes back.
std::string BlockingExchange(std::uint16_t port, const std::string& text) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) < 0) {
    close(fd);
    return "no connection";
  }
  std::thread sender([&] {
    for (std::size_t sent = 0; sent < text.size();) {
      const ssize_t n = send(fd, text.data() + sent, text.size() - sent, 0);
      if (n <= 0) break;
      sent += static_cast<std::size_t>(n);
    }
    shutdown(fd, SHUT_WR);
  });
  std::string answer;
  char buffer[65536];
  for (ssize_t n; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
    answer.append(buffer, static_cast<std::size_t>(n));
  }
  sender.join();
  close(fd);
  return answer;
}

TEST(EchoServerTest, GivesRealClientsBackWhatTheySend) {
  rondo::Run([]() -> Coro<> {
    Server server = co_await StartServer(Echo, "127.0.0.1", 0);
    const std::uint16_t port = server.addresses().at(0).port();
    std::string small;
    std::string big;
    const std::string much(4 << 20, 'm');
    Future<> done = CreateFuture();
    std::thread client([&, remote = RunningLoop().remote()] {
      small = BlockingExchange(port, "hello");
      big = BlockingExchange(port, much);
      remote.CallSoonThreadsafe([&] { done.SetResult(); });
    });
    co_await done;
    client.join();
    EXPECT_EQ(small, "hello");
    EXPECT_EQ(big, much);
  });
}

TEST(EchoServerTest, GivesASimulatedClientBackWhatItSends) {
  Simulate([]() -> Coro<> {
    Task<> server = CreateTask(Serve());
    co_await Yield();
    co_await Yield();
    Stream client = co_await OpenConnection("127.0.0.1", 8888);
    co_await client.WriteAll(std::string_view("hello"));
    EXPECT_EQ(co_await client.ReadExactly(5), "hello");
    client.WriteEof();
    char byte;
    EXPECT_EQ(co_await client.Read({&byte, 1}), 0u);
    server.Cancel();
  });
}

}  // namespace
}  // namespace rondo
