#include "rondo/runtime/get_addr_info.h"

#include <netdb.h>

#include <any>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/datagrams.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/worlds.h"
#include "rondo/tests/support/scripted_network.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

AddrInfoOptions OfStreams() {
  AddrInfoOptions options;
  options.kind = SocketKind::kStream;
  return options;
}

// What a lookup of `host` throws.
Coro<std::error_code> ErrorOf(std::string host, std::string* what) {
  try {
    co_await GetAddrInfo(host, 80);
  } catch (const std::system_error& error) {
    *what = error.what();
    co_return error.code();
  }
  co_return std::error_code();
}

TEST(GetAddrInfoTest, WhatIsNumericNeedsNobodyAndNoIteration) {
  ScriptedWorld world;
  world.names().blocking = true;
  bool iterated = false;
  world.Run([&]() -> Coro<> {
    RunningLoop().CallSoon([&] { iterated = true; });
    const std::vector<AddrInfo> found = co_await GetAddrInfo("10.0.0.1", "80");
    EXPECT_THAT(found,
                ElementsAre(AddrInfo(SocketKind::kStream,
                                     *SocketAddress::Parse("10.0.0.1", 80)),
                            AddrInfo(SocketKind::kDatagram,
                                     *SocketAddress::Parse("10.0.0.1", 80))));
    NameInfoFlags numeric;
    numeric.numeric_host = numeric.numeric_service = true;
    const NameInfo name = co_await GetNameInfo(found[0].address, numeric);
    EXPECT_EQ(name, NameInfo("10.0.0.1", "80"));
    EXPECT_FALSE(iterated);
  });
  EXPECT_THAT(world.names().asked, IsEmpty());
  EXPECT_EQ(world.executor().size(), 0u);
}

TEST(GetAddrInfoTest, AResolverThatBlocksIsAskedInTheExecutor) {
  ScriptedWorld world;
  world.names().blocking = true;
  world.names().hosts["n1"] = {"10.0.0.1", "::1"};
  world.Run([&]() -> Coro<> {
    const Task<std::vector<AddrInfo>> lookup =
        CreateTask(GetAddrInfo("n1", 80, OfStreams()));
    co_await Yield();
    EXPECT_THAT(world.names().asked, IsEmpty());
    EXPECT_TRUE(world.executor().Run());
    EXPECT_THAT(world.names().asked, ElementsAre("n1"));
    EXPECT_FALSE(lookup.done());
    world.executor().Complete();
    const std::vector<AddrInfo>& found = co_await lookup;
    EXPECT_EQ(found.at(0).address.ToString(), "10.0.0.1:80");
    EXPECT_EQ(found.at(1).address.ToString(), "[::1]:80");

    const Task<NameInfo> reverse = CreateTask(GetNameInfo(found[0].address));
    co_await Yield();
    world.executor().Run();
    world.executor().Complete();
    const NameInfo& name = co_await reverse;
    EXPECT_EQ(name, NameInfo("n1", "80"));
  });
}

TEST(GetAddrInfoTest, CancellationIsAtOnceBeforeTheLookupAndDuringIt) {
  ScriptedWorld world;
  world.names().blocking = true;
  world.names().hosts["n1"] = {"10.0.0.1"};
  world.Run([&]() -> Coro<> {
    for (const bool begun : {false, true}) {
      Task<std::vector<AddrInfo>> lookup = CreateTask(GetAddrInfo("n1", 80));
      co_await Yield();
      if (begun) {
        EXPECT_TRUE(world.executor().Run());
      }
      lookup.Cancel();
      co_await Yield();
      co_await Yield();
      EXPECT_TRUE(lookup.cancelled());
      if (begun) {
        world.executor().Complete();
      } else {
        EXPECT_FALSE(world.executor().Run());
      }
    }
    EXPECT_THAT(world.names().asked, ElementsAre("n1"));
  });
  EXPECT_THAT(world.reports, IsEmpty());
}

TEST(GetAddrInfoTest, AConnectionWaitsForItsNameAndMayBeCancelledThen) {
  ScriptedWorld world;
  world.names().blocking = true;
  world.Run([&]() -> Coro<> {
    Task<Stream> connecting = CreateTask(OpenConnection("n1", 80));
    co_await Yield();
    EXPECT_TRUE(world.executor().Run());
    connecting.Cancel();
    co_await Yield();
    co_await Yield();
    EXPECT_TRUE(connecting.cancelled());
    world.executor().Complete();
  });
  EXPECT_THAT(world.network().calls, IsEmpty());
}

TEST(GetAddrInfoTest, ErrorsNameTheCallAndTheHost) {
  ScriptedWorld world;
  world.Run([]() -> Coro<> {
    std::string what;
    const std::error_code code = co_await ErrorOf("nobody", &what);
    EXPECT_EQ(code, ResolverError(EAI_NONAME));
    EXPECT_EQ(what, "getaddrinfo nobody: Name or service not known");
  });
}

class GetAddrInfoWorldsTest : public testing::TestWithParam<World> {};

INSTANTIATE_TEST_SUITE_P(Worlds, GetAddrInfoWorldsTest,
                         testing::Values(World::kReal, World::kSimulated),
                         WorldName);

TEST_P(GetAddrInfoWorldsTest, LocalhostIsThisHost) {
  RunIn(GetParam(), []() -> Coro<> {
    AddrInfoOptions options = OfStreams();
    options.family = AddressFamily::kIPv4;
    const std::vector<AddrInfo> found =
        co_await GetAddrInfo("localhost", 80, options);
    EXPECT_EQ(found.at(0).address.ToString(), "127.0.0.1:80");
  });
}

TEST_P(GetAddrInfoWorldsTest, NoHostIsEveryAddressOrTheLoopback) {
  RunIn(GetParam(), []() -> Coro<> {
    AddrInfoOptions options = OfStreams();
    options.family = AddressFamily::kIPv4;
    const std::vector<AddrInfo> loopback =
        co_await GetAddrInfo("", 80, options);
    EXPECT_EQ(loopback.at(0).address.ToString(), "127.0.0.1:80");
    options.passive = true;
    const std::vector<AddrInfo> any = co_await GetAddrInfo("", "", options);
    EXPECT_EQ(any.at(0).address.ToString(), "0.0.0.0:0");
  });
}

TEST_P(GetAddrInfoWorldsTest, ANameThatMustBeNumericIsUnknown) {
  RunIn(GetParam(), []() -> Coro<> {
    AddrInfoOptions options;
    options.numeric_host = true;
    const Outcome<std::vector<AddrInfo>> outcome =
        co_await AsOutcome(GetAddrInfo("localhost", 80, options));
    std::error_code code;
    try {
      outcome.Rethrow();
    } catch (const std::system_error& error) {
      code = error.code();
    }
    EXPECT_EQ(code, ResolverError(EAI_NONAME));
  });
}

TEST_P(GetAddrInfoWorldsTest, ServersAndClientsUseNames) {
  RunIn(GetParam(), []() -> Coro<> {
    ConnectionHandler echo = [](Stream stream) -> Coro<> {
      std::string line = co_await stream.ReadLine();
      co_await stream.WriteAll(line);
    };
    ServerOptions options;
    options.family = AddressFamily::kIPv4;
    Server server =
        co_await StartServer(std::move(echo), "localhost", 0, options);
    Stream stream =
        co_await OpenConnection("localhost", server.addresses().at(0).port());
    co_await stream.WriteAll(std::string_view("x\n"));
    EXPECT_EQ(co_await stream.ReadAll(), "x\n");
  });
}

TEST_P(GetAddrInfoWorldsTest, DatagramEndpointsUseNames) {
  RunIn(GetParam(), []() -> Coro<> {
    DatagramProtocolFactory factory = [] {
      return std::make_shared<DatagramProtocol>();
    };
    DatagramOptions options = DatagramOptions::At("localhost", 0);
    options.remote = HostPort("localhost", 9);
    options.family = AddressFamily::kIPv4;
    const DatagramEndpoint endpoint =
        co_await CreateDatagramEndpoint(std::move(factory), options);
    const SocketAddress peer = std::any_cast<SocketAddress>(
        endpoint.transport->GetExtraInfo("peername"));
    EXPECT_EQ(peer.ToString(), "127.0.0.1:9");
    endpoint.transport->Close();
  });
}

TEST(HostPortTest, AnAddressOfAnotherFamilyThanTheOneAskedForIsNone) {
  ScriptedWorld world;
  world.Run([]() -> Coro<> {
    AddrInfoOptions options = OfStreams();
    options.family = AddressFamily::kIPv6;
    const HostPort place("10.0.0.1", 80);
    const Outcome<std::vector<SocketAddress>> outcome =
        co_await AsOutcome(place.Resolve(options));
    EXPECT_THROW(outcome.Rethrow(), std::system_error);
  });
}

TEST(HostPortTest, ANameStaysOneAndAnAddressIsItself) {
  EXPECT_EQ(HostPort("n1", 80).ToString(), "n1:80");
  EXPECT_FALSE(HostPort("n1", 80).address().has_value());
  EXPECT_EQ(HostPort("::1", 80).address(), SocketAddress::Parse("::1", 80));
  EXPECT_EQ(HostPort(SocketAddress::Unix("/x")).ToString(), "unix:/x");
}

}  // namespace
}  // namespace rondo
