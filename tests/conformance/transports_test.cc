// CPython's test_transports.py and test_protocols.py.
#include <any>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/transport.h"
#include "rondo/tests/conformance/socket_world.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

// ---- test_transports.py

TEST(TransportTests, test_ctor_extra_is_none) {
  Started<Told> world;
  EXPECT_FALSE(world.transport->GetExtraInfo("extra").has_value());
}

TEST(TransportTests, test_get_extra_info) {
  SocketWorld<Told> world;
  world.network.peer = SocketAddress::IPv4({10, 0, 0, 1}, 80);
  world.Start();
  const std::any info = world.transport->GetExtraInfo("peername");
  EXPECT_EQ(std::any_cast<SocketAddress>(info), world.network.peer);
  EXPECT_FALSE(world.transport->GetExtraInfo("unknown").has_value());
}

TEST(TransportTests, test_writelines) {
  Started<Told> world;
  const std::array<std::span<const char>, 3> lines = {
      std::string_view("line1"), std::string_view("line2"),
      std::string_view("line3")};
  world.Do([&] { world.transport->WriteLines(lines); });
  EXPECT_THAT(world.network.Calls(), ElementsAre("sendmsg line1 line2 line3"));
}

TEST(TransportTests, test_flowcontrol_mixin_set_write_limits) {
  Started<Told> world;
  world.Buffer(std::string(512, 'x'));
  EXPECT_THAT(
      [&] { world.transport->SetWriteBufferLimits({.low = 1, .high = 0}); },
      ThrowsMessage<ValueError>(HasSubstr("must be >= low")));
  world.transport->SetWriteBufferLimits({.low = 128, .high = 1024});
  EXPECT_THAT(world.told(), IsEmpty());
  EXPECT_EQ(world.transport->GetWriteBufferLimits().low, 128u);
  EXPECT_EQ(world.transport->GetWriteBufferLimits().high, 1024u);
  world.transport->SetWriteBufferLimits({.low = 128, .high = 256});
  EXPECT_THAT(world.told(), ElementsAre("pause_writing"));
  EXPECT_EQ(world.transport->GetWriteBufferLimits().high, 256u);
}

// ---- test_protocols.py: what a protocol does not say does nothing.

TEST(ProtocolsAbsTests, test_base_protocol) {
  BaseProtocol protocol;
  protocol.ConnectionLost(nullptr);
  protocol.PauseWriting();
  protocol.ResumeWriting();
}

TEST(ProtocolsAbsTests, test_protocol) {
  Protocol protocol;
  protocol.ConnectionMade(nullptr);
  protocol.ConnectionLost(nullptr);
  protocol.DataReceived(std::string_view("data"));
  EXPECT_FALSE(protocol.EofReceived());
}

// Adapted: where the bytes go, a protocol must say.
TEST(ProtocolsAbsTests, test_buffered_protocol) {
  static_assert(std::is_abstract_v<BufferedProtocol>);
  ToldBuffered protocol;
  BufferedProtocol& base = protocol;
  EXPECT_EQ(base.GetBuffer(100).size(), protocol.size);
  base.BufferUpdated(1);
  base.Protocol::ConnectionMade(nullptr);
  EXPECT_FALSE(base.Protocol::EofReceived());
}

TEST(ProtocolsAbsTests, test_datagram_protocol) {
  DatagramProtocol protocol;
  protocol.ConnectionMade(nullptr);
  protocol.ConnectionLost(nullptr);
  protocol.ErrorReceived(nullptr);
  protocol.DatagramReceived(std::string_view("data"), SocketAddress());
}

TEST(ProtocolsAbsTests, test_subprocess_protocol) {
  SubprocessProtocol protocol;
  protocol.ConnectionMade(nullptr);
  protocol.ConnectionLost(nullptr);
  protocol.PipeDataReceived(1, std::string_view("data"));
  protocol.PipeConnectionLost(1, nullptr);
  protocol.ProcessExited();
}

}  // namespace
}  // namespace rondo::conformance
