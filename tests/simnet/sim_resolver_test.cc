#include "rondo/simnet/sim_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include "rondo/tests/simnet/dull_decisions.h"
#include "rondo/tests/simnet/three_hosts.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Three hosts with IPv6 in their names.
class SimResolverTest : public testing::Test {
 protected:
  static NetworkOptions Options() {
    NetworkOptions options;
    options.resolve_ipv6 = true;
    return options;
  }

  // What n1 makes of it.
  std::vector<std::string> Find(const std::string& host,
                                AddrInfoOptions options = {},
                                const std::string& service = "80") {
    options.kind = SocketKind::kStream;
    std::vector<AddrInfo> found;
    error_ = n1_.resolver()->GetAddrInfo(host, service, options, &found);
    std::vector<std::string> texts;
    for (const AddrInfo& info : found) {
      texts.push_back(info.address.ToString());
    }
    return texts;
  }
  NameInfo Name(const SocketAddress& address, NameInfoFlags flags = {}) {
    NameInfo info;
    error_ = n1_.resolver()->GetNameInfo(address, flags, &info);
    return info;
  }

  DullDecisions decisions_;
  ThreeHosts world_{decisions_, Options()};
  SimNetwork& n1_ = world_.n1;
  std::error_code error_;
};

TEST_F(SimResolverTest, HostsHaveNames) {
  EXPECT_THAT(Find("n2"), ElementsAre("10.0.0.2:80", "[fd00::2]:80"));
  EXPECT_THAT(Find("localhost"), ElementsAre("127.0.0.1:80", "[::1]:80"));
  EXPECT_THAT(Find(""), ElementsAre("127.0.0.1:80", "[::1]:80"));
  AddrInfoOptions passive;
  passive.passive = true;
  EXPECT_THAT(Find("", passive), ElementsAre("0.0.0.0:80", "[::]:80"));
  EXPECT_FALSE(error_);
  EXPECT_THAT(Find("nobody"), IsEmpty());
  EXPECT_EQ(error_, ResolverError(EAI_NONAME));
}

TEST_F(SimResolverTest, FamiliesAreThoseThatAreAskedFor) {
  AddrInfoOptions options;
  options.family = AddressFamily::kIPv6;
  EXPECT_THAT(Find("n2", options), ElementsAre("[fd00::2]:80"));
  EXPECT_THAT(Find("10.0.0.2", options), IsEmpty());
  EXPECT_EQ(error_, ResolverError(EAI_ADDRFAMILY));
  options.v4_mapped = true;
  EXPECT_THAT(Find("n2", options), ElementsAre("[fd00::2]:80"));
  EXPECT_THAT(Find("10.0.0.2", options), ElementsAre("[::ffff:10.0.0.2]:80"));
  options.all = true;
  EXPECT_THAT(Find("n2", options),
              ElementsAre("[fd00::2]:80", "[::ffff:10.0.0.2]:80"));
}

TEST_F(SimResolverTest, ServicesAreTheUsualOnesOrNumbers) {
  EXPECT_THAT(Find("10.0.0.2", {}, "https"), ElementsAre("10.0.0.2:443"));
  EXPECT_THAT(Find("10.0.0.2", {}, ""), ElementsAre("10.0.0.2:0"));
  EXPECT_THAT(Find("10.0.0.2", {}, "nonsense"), IsEmpty());
  EXPECT_EQ(error_, ResolverError(EAI_SERVICE));
  AddrInfoOptions numeric;
  numeric.numeric_service = true;
  EXPECT_THAT(Find("10.0.0.2", numeric, "https"), IsEmpty());
  EXPECT_EQ(error_, ResolverError(EAI_NONAME));
}

TEST_F(SimResolverTest, AddressesHaveTheNamesOfTheirHosts) {
  EXPECT_EQ(Name(world_.n2.address().WithPort(80)), NameInfo("n2", "http"));
  EXPECT_EQ(Name(world_.n2.address6().WithPort(1)), NameInfo("n2", "1"));
  EXPECT_EQ(Name(SocketAddress::IPv4({127, 0, 0, 1}, 80)),
            NameInfo("localhost", "http"));
  NameInfoFlags flags;
  flags.numeric_host = flags.numeric_service = true;
  EXPECT_EQ(Name(world_.n2.address().WithPort(80), flags),
            NameInfo("10.0.0.2", "80"));
  const SocketAddress nobody = SocketAddress::IPv4({8, 8, 8, 8}, 53);
  EXPECT_EQ(Name(nobody), NameInfo("8.8.8.8", "domain"));
  flags = {};
  flags.name_required = true;
  Name(nobody, flags);
  EXPECT_EQ(error_, ResolverError(EAI_NONAME));
  Name(SocketAddress::Unix("/x"));
  EXPECT_EQ(error_, ResolverError(EAI_FAMILY));
}

TEST_F(SimResolverTest, ACrashedHostAnswersNothing) {
  world_.fabric.HostDown("n1");
  EXPECT_THAT(Find("n2"), IsEmpty());
  EXPECT_EQ(error_, std::error_code(EBADF, std::generic_category()));
  Name(world_.n2.address());
  EXPECT_EQ(error_, std::error_code(EBADF, std::generic_category()));
}

TEST(SimResolverOptionsTest, NamesHaveIPv4OnlyUnlessToldOtherwise) {
  DullDecisions decisions;
  ThreeHosts world(decisions);
  std::vector<AddrInfo> found;
  AddrInfoOptions options;
  options.canonical_name = true;
  EXPECT_FALSE(world.n1.resolver()->GetAddrInfo("n2", "80", options, &found));
  ASSERT_EQ(found.size(), 2u);  // Of either kind.
  EXPECT_EQ(found[0].address, world.n2.address().WithPort(80));
  EXPECT_EQ(found[0].canonical_name, "n2");
  EXPECT_EQ(found[1].kind, SocketKind::kDatagram);
}

}  // namespace
}  // namespace rondo
