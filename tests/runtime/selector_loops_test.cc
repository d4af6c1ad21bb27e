// Whole loops over each of the machine's selectors: servers, timers, threads.
#include <array>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/io.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/system_loop.h"
#include "rondo/tests/support/selectors.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;

class SelectorLoopsTest : public EverySelectorTest {
 protected:
  template <class F>
  void RunMain(F main) {
    rondo::Run(main(),
               SystemLoopFactory({.selector = GetParam(), .strict = true}));
  }
};

INSTANTIATE_TEST_SUITE_P(Kinds, SelectorLoopsTest,
                         testing::ValuesIn(kSelectorKinds), KindName);

Coro<> Echo(Stream stream) {
  std::array<char, 4096> buffer;
  while (const std::size_t n = co_await stream.Read(buffer)) {
    co_await stream.WriteAll({buffer.data(), n});
  }
}

// Sends `text`, and meanwhile expects it back.
Coro<std::size_t> Exchange(std::uint16_t port, std::string text) {
  Stream stream = co_await OpenConnection("127.0.0.1", port);
  Task<> sender = CreateTask([&]() -> Coro<> {
    co_await stream.WriteAll(text);
    stream.WriteEof();
  });
  std::string answer;
  std::array<char, 4096> buffer;
  while (const std::size_t n = co_await stream.Read(buffer)) {
    answer.append(buffer.data(), n);
  }
  co_await sender;
  EXPECT_EQ(answer, text);
  co_return answer.size();
}

TEST_P(SelectorLoopsTest, AnEchoServerServesManyClients) {
  RunMain([]() -> Coro<> {
    Server server = co_await StartServer(Echo, "127.0.0.1", 0);
    const std::uint16_t port = server.addresses().at(0).port();
    std::vector<Task<std::size_t>> clients;
    for (int i = 0; i < 50; ++i) {
      std::string text(static_cast<std::size_t>(i) * 1000 + 1,
                       static_cast<char>('a' + i % 26));
      clients.push_back(CreateTask(Exchange(port, std::move(text))));
    }
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const std::size_t size = co_await clients[i];
      EXPECT_EQ(size, i * 1000 + 1);
    }
  });
}

// More than the sockets hold: both sides wait to write.
TEST_P(SelectorLoopsTest, AnEchoServerPushesBack) {
  RunMain([]() -> Coro<> {
    Server server = co_await StartServer(Echo, "127.0.0.1", 0);
    const std::uint16_t port = server.addresses().at(0).port();
    std::string much(8 << 20, 'm');
    const std::size_t size = co_await Exchange(port, std::move(much));
    EXPECT_EQ(size, std::size_t{8} << 20);
  });
}

TEST_P(SelectorLoopsTest, AServerSeesTheEndOfACancelledClient) {
  RunMain([]() -> Coro<> {
    bool ended = false;
    const auto handler = [&ended](Stream stream) -> Coro<> {
      char byte;
      EXPECT_EQ(co_await stream.Read({&byte, 1}), 0u);
      ended = true;
    };
    Server server = co_await StartServer(handler, "127.0.0.1", 0);
    const std::uint16_t port = server.addresses().at(0).port();
    const auto waits = [](std::uint16_t to) -> Coro<> {
      Stream stream = co_await OpenConnection("127.0.0.1", to);
      char byte;
      co_await stream.Read({&byte, 1});
    };
    Task<> client = CreateTask(waits(port));
    co_await Sleep(5ms);
    client.Cancel();
    while (!ended) co_await Sleep(1ms);
  });
}

TEST_P(SelectorLoopsTest, TimersAndThreadsWakeTheLoop) {
  RunMain([]() -> Coro<> {
    co_await Sleep(1ms);
    Future<int> answer = CreateFuture<int>();
    std::thread thread([&, remote = RunningLoop().remote()] {
      for (int i = 0; i < 1000; ++i) remote.CallSoonThreadsafe([] {});
      remote.CallSoonThreadsafe([&] { answer.SetResult(42); });
    });
    EXPECT_EQ(co_await answer, 42);
    thread.join();
  });
}

TEST_P(SelectorLoopsTest, ReadersAreCalledWhileThereIsSomethingToRead) {
  RunMain([]() -> Coro<> {
    const FdPair pair = FdPair::Sockets();
    std::string text;
    Future<> done = CreateFuture();
    AddReader(pair.a(), [&] {
      char c = 0;
      EXPECT_EQ(read(pair.a(), &c, 1), 1);
      text += c;
      if (text.size() == 5) done.SetResult();
    });
    Write(pair.b(), "hello");
    co_await done;
    EXPECT_EQ(text, "hello");
    EXPECT_TRUE(RemoveReader(pair.a()));
    EXPECT_FALSE(RemoveReader(pair.a()));
  });
}

// As in asyncio, whoever closes a descriptor too early hears nothing more.
TEST_P(SelectorLoopsTest, AReaderWhoseDescriptorWasClosedDoesNotKeepItBusy) {
  RunMain([]() -> Coro<> {
    FdPair pair = FdPair::Sockets();
    int calls = 0;
    AddReader(pair.a(), [&] { ++calls; });
    Write(pair.b());
    while (calls == 0) co_await Yield();
    const int fd = pair.CloseA();
    const int before = calls;
    co_await Sleep(2ms);
    EXPECT_LE(calls - before, 1);
    EXPECT_TRUE(RemoveReader(fd));
  });
}

TEST_P(SelectorLoopsTest, AReaderOfAClosedDescriptorIsRefused) {
  RunMain([]() -> Coro<> {
    FdPair pair = FdPair::Sockets();
    const int fd = pair.CloseA();
    EXPECT_EQ(ErrorOf([&] { AddReader(fd, [] {}); }), EBADF);
    EXPECT_FALSE(RemoveReader(fd));
    co_return;
  });
}

// A writer on top of a reader, after the descriptor was closed.
TEST_P(SelectorLoopsTest, AReaderSurvivesAWriterThatWasRefused) {
  RunMain([]() -> Coro<> {
    FdPair pair = FdPair::Sockets();
    AddReader(pair.a(), [] {});
    co_await Sleep(1ms);
    const int fd = pair.CloseA();
    EXPECT_EQ(ErrorOf([&] { AddWriter(fd, [] {}); }), EBADF);
    EXPECT_FALSE(RemoveWriter(fd));
    EXPECT_TRUE(RemoveReader(fd));
    EXPECT_FALSE(RemoveReader(fd));
  });
}

TEST_P(SelectorLoopsTest, TheFirstToBeRemovedIsToldOfAClosedDescriptor) {
  RunMain([]() -> Coro<> {
    FdPair pair = FdPair::Sockets();
    AddReader(pair.a(), [] {});
    AddWriter(pair.a(), [] {});
    co_await Sleep(1ms);
    const int fd = pair.CloseA();
    EXPECT_EQ(ErrorOf([&] { RemoveWriter(fd); }), EBADF);
    EXPECT_FALSE(RemoveWriter(fd));
    EXPECT_TRUE(RemoveReader(fd));
  });
}

}  // namespace
}  // namespace rondo
