// CPython's test_server.py: starting, waiting for the end, clients.
#include "rondo/runtime/server.h"

#include <any>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/raised.h"

namespace rondo::conformance {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Coro<Stream> ClientOf(Server server) {
  const SocketAddress address = server.addresses().at(0);
  return OpenConnection(address.host(), address.port());
}

// The message is read, then the server cancelled, who says good-bye.
TEST(BaseStartServer, test_start_server_1) {
  rondo::Run([]() -> Coro<> {
    const auto main_task = std::make_shared<Task<>>();
    ConnectionHandler serve = [main_task](Stream stream) -> Coro<> {
      co_await stream.ReadLine();
      main_task->Cancel();
      co_await stream.WriteAll(std::string_view("1"));
    };
    ServerOptions options;
    options.start_serving = false;
    Server server =
        co_await StartServer(std::move(serve), "127.0.0.1", 0, options);
    EXPECT_FALSE(server.is_serving());
    *main_task = CreateTask(server.ServeForever());
    while (!server.is_serving()) co_await Yield();
    Stream client = co_await ClientOf(server);
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
  }());
}

// Reads to the end, then closes.
Coro<> Drink(Stream stream) {
  co_await stream.ReadAll();
  stream.Close();
  co_await stream.WaitClosed();
}

TEST(TestServer2, test_wait_closed_basic) {
  rondo::Run([]() -> Coro<> {
    Server server = co_await StartServer(Drink, "127.0.0.1", 0);
    // Nobody connected, not closed.
    const Task<> task1 = CreateTask(server.WaitClosed());
    co_await Yield();
    EXPECT_FALSE(task1.done());
    // Somebody connected, not closed.
    Stream client = co_await ClientOf(server);
    const Task<> task2 = CreateTask(server.WaitClosed());
    co_await Yield();
    EXPECT_FALSE(task1.done());
    EXPECT_FALSE(task2.done());
    // Somebody connected, closed.
    server.Close();
    co_await Yield();
    const Task<> task3 = CreateTask(server.WaitClosed());
    co_await Yield();
    EXPECT_FALSE(task1.done());
    EXPECT_FALSE(task2.done());
    EXPECT_FALSE(task3.done());
    // Nobody connected, closed.
    client.Close();
    co_await client.WaitClosed();
    co_await task1;
    co_await task2;
    co_await task3;
    co_await server.WaitClosed();
  }());
}

TEST(TestServer2, test_wait_closed_race) {
  rondo::Run([]() -> Coro<> {
    Server server = co_await StartServer(Drink, "127.0.0.1", 0);
    const Task<> task = CreateTask(server.WaitClosed());
    co_await Yield();
    EXPECT_FALSE(task.done());
    Stream client = co_await ClientOf(server);
    RunningLoop().CallSoon([&] { server.Close(); });
    RunningLoop().CallSoon([&] { client.Close(); });
    co_await server.WaitClosed();
    co_await task;
  }());
}

TEST(TestServer2, test_close_clients) {
  rondo::Run([]() -> Coro<> {
    Server server = co_await StartServer(Drink, "127.0.0.1", 0);
    Stream client = co_await ClientOf(server);
    const Task<> task = CreateTask(server.WaitClosed());
    co_await Yield();
    EXPECT_FALSE(task.done());
    server.Close();
    server.CloseClients();
    co_await Yield();
    co_await Yield();
    EXPECT_TRUE(task.done());
  }());
}

TEST(TestServer2, test_abort_clients) {
  rondo::Run([]() -> Coro<> {
    Future<Stream*> served = CreateFuture<Stream*>();
    ConnectionHandler serve = [served](Stream stream) mutable -> Coro<> {
      served.SetResult(&stream);
      co_await stream.WaitClosed();
    };
    Server server = co_await StartServer(std::move(serve), "127.0.0.1", 0);
    const SocketAddress address = server.addresses().at(0);
    const Stream client =
        co_await OpenConnection(address.host(), address.port(), 4096);
    Stream& stream = *co_await served;
    Network& network = internal::NetworkOf(internal::RunningCore());
    network.SetOption(stream.fd(), SocketOption::kSendBuffer, 65536);
    network.SetOption(client.fd(), SocketOption::kReceiveBuffer, 65536);
    // More than twice the limit: the client's reading pauses.
    stream.Write(std::string(3 * 4096, 'a'));
    while (client.transport().is_reading()) co_await Yield();
    // What the kernel does not take waits here.
    for (int i = 0; i < 100; ++i) {
      stream.Write(std::string(262144, 'a'));
      if (stream.transport().GetWriteBufferSize() > 0) break;
    }
    EXPECT_GT(stream.transport().GetWriteBufferSize(), 0u);
    const Task<> task = CreateTask(server.WaitClosed());
    co_await Yield();
    EXPECT_FALSE(task.done());
    server.Close();
    server.AbortClients();
    co_await Yield();
    co_await Yield();
    EXPECT_TRUE(task.done());
  }());
}

// Adapted: it is nobody's; where it is used tells its loop.
TEST(TestServer, test_get_loop) {
  rondo::Run([]() -> Coro<> {
    EventLoop* loop = nullptr;
    ConnectionHandler serve = [&loop](Stream) -> Coro<> {
      loop = &RunningLoop();
      co_return;
    };
    Server server = co_await StartServer(std::move(serve), "127.0.0.1", 0);
    Stream client = co_await ClientOf(server);
    co_await client.ReadAll();
    EXPECT_EQ(loop, &RunningLoop());
  }());
}

}  // namespace
}  // namespace rondo::conformance
