// CPython's test_selector_events.py: the rest of BaseSelectorEventLoopTests,
// and SelectorTransportTests, of a socket's transport. The originals mock the
// socket; here it is a scripted network's, and what they ask of private parts
// is asked of what can be seen: the calls of the socket and of the protocol,
// and who is registered.
#include <any>
#include <cerrno>
#include <memory>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/selector.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/socket_world.h"
#include "rondo/tests/support/scripted_loop.h"

namespace rondo::conformance {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using World = Started<Told>;

// ---- BaseSelectorEventLoopTests

// Adapted: what can be asked when the loop is closed is asked.
TEST(BaseSelectorEventLoopTests, test_make_socket_transport) {
  World world;
  world.loop().Close();
  EXPECT_TRUE(world.transport->is_closing());
  EXPECT_FALSE(world.transport->is_reading());
  EXPECT_EQ(std::any_cast<int>(world.transport->GetExtraInfo("socket")), -1);
  world.transport->Close();
  EXPECT_THAT(world.network.Calls(), ElementsAre("close 7"));
}

TEST(BaseSelectorEventLoopTests, test_accept_connection_multiple) {
  constexpr int kBacklog = 100;
  ScriptedLoop world;
  world.network.Next("socket", ScriptedLoop::kFd);
  Task<Server> starting;
  world.Do([&] {
    ProtocolFactory factory = [] { return std::make_shared<Protocol>(); };
    starting = CreateTask(CreateServer(std::move(factory), "127.0.0.1", 80,
                                       {.backlog = kBacklog}));
  });
  world.Settle();
  ASSERT_TRUE(starting.done());
  world.network.Calls();
  for (int i = 0; i < 2 * kBacklog; ++i) world.network.Next("accept", 200 + i);
  world.Ready(kReadable);
  // One more, as in 3.13.
  EXPECT_THAT(world.network.Calls(), Contains("accept").Times(kBacklog + 1));
}

// ---- SelectorTransportTests

TEST(SelectorTransportTests, test_ctor) {
  World world;
  EXPECT_EQ(std::any_cast<int>(world.transport->GetExtraInfo("socket")), 7);
  EXPECT_EQ(world.transport->loop(), world.loop().core());
}

TEST(SelectorTransportTests, test_abort) {
  World world;
  world.Do([&] { world.transport->Abort(); });
  world.Settle();
  EXPECT_THAT(world.told(), ElementsAre("connection_lost"));
  EXPECT_THAT(world.network.Calls(), ElementsAre("close 7"));
}

TEST(SelectorTransportTests, test_close) {
  World world;
  world.Do([&] {
    world.transport->Close();
    EXPECT_TRUE(world.transport->is_closing());
    EXPECT_FALSE(world.reads());
    world.transport->Close();
  });
  world.Settle();
  EXPECT_THAT(world.told(), ElementsAre("connection_lost"));
}

TEST(SelectorTransportTests, test_close_write_buffer) {
  World world;
  world.Buffer("data");
  world.Do([&] { world.transport->Close(); });
  EXPECT_FALSE(world.reads());
  world.Settle();
  EXPECT_THAT(world.told(), IsEmpty());
}

TEST(SelectorTransportTests, test_force_close) {
  World world;
  world.Buffer("1");
  EXPECT_TRUE(world.reads() && world.writes());
  world.Do([&] {
    world.transport->Abort();
    EXPECT_TRUE(world.transport->is_closing());
    EXPECT_EQ(world.buffered(), 0u);
    EXPECT_FALSE(world.reads() || world.writes());
    world.transport->Abort();
  });
  world.Settle();
  EXPECT_THAT(world.told(), ElementsAre("connection_lost"));
}

TEST(SelectorTransportTests, test_fatal_error) {
  World world;
  world.network.Next("recv", -EIO);
  world.Ready(kReadable);
  world.Settle();
  EXPECT_THAT(world.told(),
              ElementsAre(HasSubstr("connection_lost std::system_error")));
  EXPECT_THAT(world.reports, IsEmpty());
}

TEST(SelectorTransportTests, test_fatal_error_custom_exception) {
  World world;
  world.protocol->told.failing = "data_received";
  world.network.Arrive("data");
  world.Ready(kReadable);
  world.Settle();
  EXPECT_THAT(world.told(),
              ElementsAre("data_received data", HasSubstr("LookupError")));
  EXPECT_THAT(world.reports, ElementsAre(HasSubstr("LookupError")));
}

TEST(SelectorTransportTests, test_connection_lost) {
  World world;
  world.network.Next("recv", -EIO);
  world.Ready(kReadable);
  world.Settle();
  EXPECT_THAT(world.network.Calls(), ElementsAre("recv", "close 7"));
  EXPECT_EQ(world.transport->GetProtocol(), nullptr);
  EXPECT_EQ(world.protocol.use_count(), 1);
  EXPECT_EQ(std::any_cast<int>(world.transport->GetExtraInfo("socket")), -1);
}

TEST(SelectorTransportTests, test__add_reader) {
  World world;
  world.Buffer("1");
  EXPECT_TRUE(world.reads());
  world.Do([&] {
    world.transport->Abort();
    EXPECT_FALSE(world.reads());
    world.transport->ResumeReading();
    EXPECT_FALSE(world.reads());
  });
}

}  // namespace
}  // namespace rondo::conformance
