// CPython's test_selector_events.py: SelectorDatagramTransportTests. The
// originals mock the socket; here it is a scripted network's.
#include <array>
#include <cerrno>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/datagram_transport.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/selector.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/socket_world.h"
#include "rondo/tests/support/scripted_loop.h"

namespace rondo::conformance {
namespace {

using internal::DatagramSocketTransport;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class ToldDatagrams final : public DatagramProtocol {
 public:
  void DatagramReceived(std::span<const char> data,
                        const SocketAddress& from) override {
    told.Add("datagram_received " + TextOf(data) + " " + from.ToString());
  }
  void ErrorReceived(std::exception_ptr error) override {
    told.Add("error_received " + DescribeException(error));
  }
  void ConnectionLost(std::exception_ptr error) override {
    told.AddLost(error);
  }

  Calls told;
};

const SocketAddress kPeer = SocketAddress::IPv4({0, 0, 0, 0}, 1);
const SocketAddress kOther = SocketAddress::IPv4({0, 0, 0, 0}, 1234);

// The transport of a datagram socket, which has begun; connected to `peer`, if
// there is one.
class World : public ScriptedLoop {
 public:
  explicit World(std::optional<SocketAddress> peer = std::nullopt) {
    network.peer = peer;
    Do([&] {
      transport =
          DatagramSocketTransport::Start(Socket(kFd), protocol, peer, {});
    });
    Settle();
    network.Calls();
  }

  void SendTo(std::string_view data, std::optional<SocketAddress> to) {
    Do([&] { transport->SendTo(data, to); });
  }
  void Buffer(std::string_view data, std::optional<SocketAddress> to) {
    network.Next(to.has_value() ? "sendto" : "send", -EAGAIN);
    SendTo(data, to);
    network.Calls();
  }
  std::vector<std::string> told() { return protocol->told.Take(); }

  std::shared_ptr<ToldDatagrams> protocol = std::make_shared<ToldDatagrams>();
  std::shared_ptr<DatagramSocketTransport> transport;
};

TEST(SelectorDatagramTransportTests, test_read_ready) {
  World world;
  world.network.Arrive("data", kOther);
  world.Ready(kReadable);
  EXPECT_THAT(world.told(), ElementsAre("datagram_received data 0.0.0.0:1234"));
}

TEST(SelectorDatagramTransportTests, test_read_ready_tryagain) {
  World world;
  world.network.Next("recv", -EAGAIN);
  world.Ready(kReadable);
  EXPECT_THAT(world.told(), IsEmpty());
  EXPECT_FALSE(world.transport->is_closing());
}

// Adapted: the protocol throws it; a socket has no other errors.
TEST(SelectorDatagramTransportTests, test_read_ready_err) {
  World world;
  world.protocol->told.failing = "datagram_received";
  world.network.Arrive("data", kOther);
  world.Ready(kReadable);
  world.Settle();
  EXPECT_THAT(world.told(), ElementsAre(HasSubstr("datagram_received"),
                                        HasSubstr("LookupError")));
  EXPECT_THAT(world.reports,
              ElementsAre(HasSubstr("DatagramReceived() failed")));
}

TEST(SelectorDatagramTransportTests, test_read_ready_oserr) {
  World world;
  world.network.Next("recv", -ECONNREFUSED);
  world.Ready(kReadable);
  EXPECT_THAT(world.told(), ElementsAre(HasSubstr("error_received")));
  EXPECT_FALSE(world.transport->is_closing());
}

TEST(SelectorDatagramTransportTests, test_sendto) {
  World world;
  world.SendTo("data", kOther);
  EXPECT_THAT(world.network.Calls(), ElementsAre("sendto data 0.0.0.0:1234"));
}

// Adapted: an empty datagram is one, as since 3.13.
TEST(SelectorDatagramTransportTests, test_sendto_no_data) {
  World world;
  world.SendTo("", kOther);
  EXPECT_THAT(world.network.Calls(), ElementsAre("sendto  0.0.0.0:1234"));
}

TEST(SelectorDatagramTransportTests, test_sendto_buffer) {
  World world;
  world.Buffer("data1", kOther);
  world.SendTo("data2", kPeer);
  EXPECT_THAT(world.network.Calls(), IsEmpty());
  world.Ready(kWritable);
  EXPECT_THAT(world.network.Calls(), ElementsAre("sendto data1 0.0.0.0:1234",
                                                 "sendto data2 0.0.0.0:1"));
}

TEST(SelectorDatagramTransportTests, test_sendto_buffer_nodata) {
  World world;
  world.Buffer("data1", kOther);
  world.SendTo("", kOther);
  EXPECT_THAT(world.network.Calls(), IsEmpty());
  world.Ready(kWritable);
  EXPECT_THAT(world.network.Calls(),
              ElementsAre("sendto data1 0.0.0.0:1234", "sendto  0.0.0.0:1234"));
}

TEST(SelectorDatagramTransportTests, test_sendto_tryagain) {
  World world;
  world.network.Next("sendto", -EAGAIN);
  world.SendTo("data", kOther);
  EXPECT_TRUE(world.writes());
  EXPECT_GT(world.transport->GetWriteBufferSize(), 4u);
}

// Adapted: as above.
TEST(SelectorDatagramTransportTests, test_sendto_exception) {
  World world;
  world.protocol->told.failing = "error_received";
  world.network.Next("sendto", -EIO);
  world.SendTo("data", kOther);
  world.Settle();
  EXPECT_THAT(world.reports, ElementsAre(HasSubstr("ErrorReceived() failed")));
  EXPECT_TRUE(world.transport->is_closing());
  world.network.Calls();
  for (int i = 0; i < 6; ++i) world.SendTo("data", kOther);
  EXPECT_THAT(world.network.Calls(), IsEmpty());
  EXPECT_THAT(world.reports, SizeIs(2));
  EXPECT_THAT(world.reports.back(), HasSubstr("lost its connection"));
}

// Adapted: the protocol is told, as since 3.12 of every error.
TEST(SelectorDatagramTransportTests, test_sendto_error_received) {
  World world;
  world.network.Next("sendto", -ECONNREFUSED);
  world.SendTo("data", kOther);
  EXPECT_FALSE(world.transport->is_closing());
  EXPECT_THAT(world.told(), ElementsAre(HasSubstr("error_received")));
}

TEST(SelectorDatagramTransportTests, test_sendto_error_received_connected) {
  World world(kPeer);
  world.network.Next("send", -ECONNREFUSED);
  world.SendTo("data", std::nullopt);
  EXPECT_FALSE(world.transport->is_closing());
  EXPECT_THAT(world.told(), ElementsAre(HasSubstr("error_received")));
}

TEST(SelectorDatagramTransportTests, test_sendto_connected_addr) {
  World world(kPeer);
  world.Do([&] {
    EXPECT_THROW(world.transport->SendTo(std::string_view("str"), kOther),
                 ValueError);
  });
  EXPECT_THAT(world.network.Calls(), IsEmpty());
}

TEST(SelectorDatagramTransportTests, test_sendto_closing) {
  World world(kPeer);
  world.Do([&] {
    world.transport->Close();
    world.transport->SendTo(std::string_view("data"), kPeer);
  });
  EXPECT_THAT(world.network.Calls(), IsEmpty());
}

TEST(SelectorDatagramTransportTests, test_sendto_ready) {
  World world;
  world.Buffer("data", kOther);
  world.Ready(kWritable);
  EXPECT_THAT(world.network.Calls(), ElementsAre("sendto data 0.0.0.0:1234"));
  EXPECT_FALSE(world.writes());
}

TEST(SelectorDatagramTransportTests, test_sendto_ready_closing) {
  World world;
  world.Buffer("data", kOther);
  world.Do([&] { world.transport->Close(); });
  world.Ready(kWritable);
  EXPECT_THAT(world.network.Calls(),
              ElementsAre("sendto data 0.0.0.0:1234", "close 7"));
  EXPECT_FALSE(world.writes());
  EXPECT_THAT(world.told(), ElementsAre("connection_lost"));
}

TEST(SelectorDatagramTransportTests, test_sendto_ready_tryagain) {
  World world;
  world.Buffer("data1", kOther);
  world.SendTo("data2", kOther);
  world.network.Next("sendto", -EAGAIN);
  world.Ready(kWritable);
  EXPECT_TRUE(world.writes());
  EXPECT_THAT(world.network.Calls(), ElementsAre("sendto data1 0.0.0.0:1234"));
}

// Adapted: as above.
TEST(SelectorDatagramTransportTests, test_sendto_ready_exception) {
  World world;
  world.Buffer("data", kOther);
  world.protocol->told.failing = "error_received";
  world.network.Next("sendto", -EIO);
  world.Ready(kWritable);
  world.Settle();
  EXPECT_THAT(world.reports, ElementsAre(HasSubstr("ErrorReceived() failed")));
  EXPECT_TRUE(world.transport->is_closing());
}

TEST(SelectorDatagramTransportTests, test_sendto_ready_error_received) {
  World world;
  world.Buffer("data", kOther);
  world.network.Next("sendto", -ECONNREFUSED);
  world.Ready(kWritable);
  EXPECT_FALSE(world.transport->is_closing());
  EXPECT_THAT(world.told(), ElementsAre(HasSubstr("error_received")));
}

TEST(SelectorDatagramTransportTests,
     test_sendto_ready_error_received_connection) {
  World world(kPeer);
  world.Buffer("data", std::nullopt);
  world.network.Next("send", -ECONNREFUSED);
  world.Ready(kWritable);
  EXPECT_FALSE(world.transport->is_closing());
  EXPECT_THAT(world.told(), ElementsAre(HasSubstr("error_received")));
}

TEST(SelectorDatagramTransportTests, test_transport_inheritance) {
  World world;
  const std::shared_ptr<DatagramTransport> transport = world.transport;
  EXPECT_NE(std::dynamic_pointer_cast<BaseTransport>(transport), nullptr);
}

}  // namespace
}  // namespace rondo::conformance
