// Where servers listen, and what they do when accepting fails.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/simnet/simulation.h"
#include "rondo/tests/runtime/descriptors.h"
#include "rondo/tests/support/sanitized.h"
#include "rondo/tests/support/scripted_network.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

std::shared_ptr<Protocol> MakeProtocol() {
  return std::make_shared<Protocol>();
}

std::vector<std::string> Hosts(const Server& server) {
  std::vector<std::string> hosts;
  for (const SocketAddress& address : server.addresses()) {
    hosts.push_back(address.host());
  }
  return hosts;
}

TEST(ListeningTest, NoHostIsBothFamiliesEachWithASocketOfItsOwn) {
  ScriptedWorld world;
  world.names().hosts[""] = {"0.0.0.0", "::"};
  world.Run([&]() -> Coro<> {
    Server server = co_await CreateServer(&MakeProtocol, "", 80);
    EXPECT_THAT(Hosts(server), ElementsAre("0.0.0.0", "::"));
    EXPECT_THAT(world.network().calls,
                ElementsAre("socket ipv4 stream", "setsockopt reuseaddr 1",
                            "setsockopt nodelay 1", "bind 0.0.0.0:80",
                            "socket ipv6 stream", "setsockopt reuseaddr 1",
                            "setsockopt nodelay 1", "setsockopt ipv6only 1",
                            "bind [::]:80", "listen 100", "listen 100"));
  });
}

TEST(ListeningTest, AFamilyThatTheMachineLacksIsLeftOut) {
  ScriptedWorld world;
  world.names().hosts[""] = {"0.0.0.0", "::"};
  world.network().Answer("socket ipv6 stream", -EAFNOSUPPORT);
  world.network().Answer("bind [::]:80", -EADDRNOTAVAIL);
  world.Run([&]() -> Coro<> {
    for (int i = 0; i < 2; ++i) {
      Server server = co_await CreateServer(&MakeProtocol, "", 80);
      EXPECT_THAT(Hosts(server), ElementsAre("0.0.0.0"));
    }
  });
}

TEST(ListeningTest, AnAddressThatCannotBeBoundEndsAllAndIsNamed) {
  ScriptedWorld world;
  world.network().Answer("bind 5.6.7.8:80", -EADDRNOTAVAIL);
  world.network().Answer("bind 1.2.3.4:80", -EADDRINUSE);
  world.Run([&]() -> Coro<> {
    for (const char* const expected :
         {"bind 1.2.3.4:80: Address already in use",
          "bind 5.6.7.8:80: Cannot assign requested address"}) {
      const bool first = expected[5] == '1';
      const std::vector<std::string> hosts = {first ? "1.2.3.4" : "5.6.7.8"};
      const Outcome<Server> outcome =
          co_await AsOutcome(CreateServer(&MakeProtocol, hosts, 80));
      std::string what;
      try {
        outcome.Rethrow();
      } catch (const std::system_error& error) {
        what = error.what();
      }
      EXPECT_EQ(what, expected);
    }
  });
  EXPECT_THAT(world.network().Open(), IsEmpty());
}

TEST(ListeningTest, SimulatedServersListenToBothFamilies) {
  SimulationOptions options;
  options.resolve_ipv6 = true;
  Simulation sim(options);
  sim.Run([]() -> Coro<> {
    Server server = co_await CreateServer(&MakeProtocol, "", 80);
    EXPECT_THAT(Hosts(server), ElementsAre("0.0.0.0", "::"));
  });
}

TEST(ListeningTest, ABacklogOfAcceptsIsMadeWhenItIsReady) {
  ScriptedWorld world;
  world.Run([&]() -> Coro<> {
    ServerOptions options;
    options.backlog = 2;
    Server server =
        co_await CreateServer(&MakeProtocol, "0.0.0.0", 80, options);
    const int listener = world.network().Open().at(0);
    for (int i = 0; i < 5; ++i) world.network().Answer("accept", 0);
    world.network().calls.clear();
    world.selector().SetReady(listener, kReadable);
    const auto accepts = [&] {
      return std::count(world.network().calls.begin(),
                        world.network().calls.end(), "accept");
    };
    while (accepts() == 0) co_await Yield();
    EXPECT_EQ(accepts(), 3);  // One more than the backlog.
    co_await Yield();
    EXPECT_EQ(accepts(), 6);
    world.selector().SetReady(listener, 0);
  });
}

TEST(ListeningTest, AConnectionThatWasAbortedIsNobody) {
  ScriptedWorld world;
  world.Run([&]() -> Coro<> {
    Server server = co_await CreateServer(&MakeProtocol, "0.0.0.0", 80);
    const int listener = world.network().Open().at(0);
    world.network().Answer("accept", -ECONNABORTED);
    world.network().Answer("accept", -EPROTO);
    world.selector().SetReady(listener, kReadable);
    for (int i = 0; i < 4; ++i) co_await Yield();
    world.selector().SetReady(listener, 0);
    EXPECT_TRUE(world.selector().watches(listener));
  });
  // Any other error is the loop's to tell.
  EXPECT_THAT(world.reports,
              ElementsAre(HasSubstr("accept 0.0.0.0:80: Protocol error")));
}

TEST(ListeningTest, AServerThatIsClosedWhileItBacksOffStaysClosed) {
  ScriptedWorld world;
  world.Run([&]() -> Coro<> {
    Server server = co_await CreateServer(&MakeProtocol, "0.0.0.0", 80);
    const int listener = world.network().Open().at(0);
    world.network().Answer("accept", -ENFILE);
    world.selector().SetReady(listener, kReadable);
    while (world.reports.empty()) co_await Yield();
    server.Close();
    co_await Sleep(2s);
    EXPECT_FALSE(world.selector().watches(listener));
  });
  EXPECT_EQ(world.reports.size(), 1u);
}

TEST(ListeningTest, TheExceptionHandlerMayCloseAServerThatBacksOff) {
  ScriptedWorld world;
  world.Run([&]() -> Coro<> {
    Server server = co_await CreateServer(&MakeProtocol, "0.0.0.0", 80);
    const int listener = world.network().Open().at(0);
    RunningLoop().SetExceptionHandler(
        [&](EventLoop&, const ExceptionReport&) { server.Close(); });
    world.network().Answer("accept", -EMFILE);
    world.selector().SetReady(listener, kReadable);
    co_await Sleep(2s);
    EXPECT_FALSE(server.is_serving());
    EXPECT_FALSE(world.selector().watches(listener));
    RunningLoop().SetExceptionHandler({});
  });
  EXPECT_THAT(world.network().Open(), IsEmpty());
}

// The connection that was accepted is served to its end, and counts.
TEST(ListeningTest, AServerMayBeClosedBetweenAcceptAndTransport) {
  ScriptedWorld world;
  world.Run([&]() -> Coro<> {
    Server server = co_await CreateServer(&MakeProtocol, "0.0.0.0", 80);
    const int listener = world.network().Open().at(0);
    world.network().Answer("accept", 0);
    world.selector().SetReady(listener, kReadable);
    while (world.network().Open().size() == 1) co_await Yield();
    server.Close();
    const Task<> closed = CreateTask(server.WaitClosed());
    for (int i = 0; i < 5; ++i) co_await Yield();
    EXPECT_FALSE(closed.done());
    server.AbortClients();
    co_await closed;
  });
  EXPECT_THAT(world.network().Open(), IsEmpty());
  EXPECT_THAT(world.reports, IsEmpty());
}

// So many descriptors and no more.
class DescriptorLimit {
 public:
  DescriptorLimit() {
    getrlimit(RLIMIT_NOFILE, &old_);
    rlimit now = old_;
    int highest = 0;
    for (int fd = 0; fd < 1024; ++fd) {
      if (IsOpen(fd)) highest = fd;
    }
    now.rlim_cur = static_cast<rlim_t>(highest) + 1;
    setrlimit(RLIMIT_NOFILE, &now);
    // The gaps below.
    for (int fd = dup(0); fd >= 0; fd = dup(0)) filled_.push_back(fd);
  }
  ~DescriptorLimit() {
    for (const int fd : filled_) close(fd);
    setrlimit(RLIMIT_NOFILE, &old_);
  }

 private:
  rlimit old_;
  std::vector<int> filled_;
};

TEST(ListeningTest, WithoutDescriptorsTheServerTellsAndTriesAgain) {
  if (kSanitized) GTEST_SKIP() << "UBSan's checks need descriptors";
  rondo::Run([]() -> Coro<> {
    Server server = co_await CreateServer(&MakeProtocol, "127.0.0.1", 0);
    std::vector<std::string> reports;
    RunningLoop().SetExceptionHandler(
        [&](EventLoop&, const ExceptionReport& report) {
          reports.push_back(DescribeException(report.exception));
        });
    Socket client = Socket::Stream(AddressFamily::kIPv4);
    {
      const DescriptorLimit limit;
      co_await SockConnect(client.fd(), server.addresses().at(0));
      while (reports.empty()) co_await Yield();
    }
    EXPECT_THAT(reports, ElementsAre(HasSubstr("Too many open files")));
    RunningLoop().SetExceptionHandler({});
  }());
}

}  // namespace
}  // namespace rondo
