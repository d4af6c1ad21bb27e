// CPython's test_selector_events.py: SelectorSocketTransportTests, over a
// scripted socket (selector_transports_test.cc).
#include <array>
#include <cerrno>
#include <span>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/selector.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/transport.h"
#include "rondo/tests/conformance/socket_world.h"

namespace rondo::conformance {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using World = Started<Told>;

TEST(SelectorSocketTransportTests, test_ctor) {
  SocketWorld<Told> world;
  const Future<> waiter = world.loop().CreateFuture();
  world.Begin(waiter);
  EXPECT_THAT(world.told(), IsEmpty());
  world.loop().RunUntilComplete(waiter);
  EXPECT_TRUE(world.reads());
  EXPECT_THAT(world.told(), ElementsAre("connection_made"));
}

TEST(SelectorSocketTransportTests, test_ctor_with_waiter) {
  SocketWorld<Told> world;
  const Future<> waiter = world.loop().CreateFuture();
  world.Begin(waiter);
  EXPECT_FALSE(waiter.done());
  world.Settle();
  EXPECT_TRUE(waiter.done());
  waiter.result();
}

TEST(SelectorSocketTransportTests, test_pause_resume_reading) {
  World world;
  EXPECT_TRUE(world.transport->is_reading());
  EXPECT_TRUE(world.reads());
  world.Do([&] {
    world.transport->PauseReading();
    world.transport->PauseReading();
    EXPECT_FALSE(world.transport->is_reading());
    EXPECT_FALSE(world.reads());
    world.transport->ResumeReading();
    world.transport->ResumeReading();
    EXPECT_TRUE(world.transport->is_reading());
    EXPECT_TRUE(world.reads());
    world.transport->Close();
    EXPECT_FALSE(world.transport->is_reading());
    EXPECT_FALSE(world.reads());
  });
}

TEST(SelectorSocketTransportTests, test_pause_reading_connection_made) {
  SocketWorld<Told> world;
  world.protocol->on_made = [](Transport& transport) {
    transport.PauseReading();
  };
  world.Begin();
  world.Settle();
  EXPECT_FALSE(world.transport->is_reading());
  EXPECT_FALSE(world.reads());
  world.Do([&] {
    world.transport->ResumeReading();
    EXPECT_TRUE(world.transport->is_reading());
    EXPECT_TRUE(world.reads());
    world.transport->Close();
    EXPECT_FALSE(world.transport->is_reading());
    EXPECT_FALSE(world.reads());
  });
}

TEST(SelectorSocketTransportTests, test_read_eof_received_error) {
  World world;
  world.protocol->told.failing = "eof_received";
  world.network.Next("recv", 0);
  world.Ready(kReadable);
  world.Settle();
  EXPECT_THAT(world.told(),
              ElementsAre("eof_received", HasSubstr("LookupError")));
  EXPECT_THAT(world.reports, ElementsAre(HasSubstr("EofReceived() failed")));
}

TEST(SelectorSocketTransportTests, test_data_received_error) {
  World world;
  world.protocol->told.failing = "data_received";
  world.network.Arrive("data");
  world.Ready(kReadable);
  world.Settle();
  EXPECT_THAT(world.told(),
              ElementsAre("data_received data", HasSubstr("LookupError")));
  EXPECT_THAT(world.reports, ElementsAre(HasSubstr("DataReceived() failed")));
}

TEST(SelectorSocketTransportTests, test_read_ready) {
  World world;
  world.network.Arrive("data");
  world.Ready(kReadable);
  EXPECT_THAT(world.told(), ElementsAre("data_received data"));
}

TEST(SelectorSocketTransportTests, test_read_ready_eof) {
  World world;
  world.network.Next("recv", 0);
  world.Ready(kReadable);
  EXPECT_THAT(world.told(), ElementsAre("eof_received"));
  EXPECT_TRUE(world.transport->is_closing());
}

TEST(SelectorSocketTransportTests, test_read_ready_eof_keep_open) {
  World world;
  world.protocol->keep_open = true;
  world.network.Next("recv", 0);
  world.Ready(kReadable);
  EXPECT_THAT(world.told(), ElementsAre("eof_received"));
  EXPECT_FALSE(world.transport->is_closing());
  EXPECT_FALSE(world.reads());
}

// Adapted: a storm of them.
TEST(SelectorSocketTransportTests, test_read_ready_tryagain) {
  World world;
  for (int i = 0; i < 1000; ++i) {
    world.network.Next("recv", -EAGAIN);
    world.Ready(kReadable);
  }
  EXPECT_THAT(world.network.Calls(), SizeIs(1000));
  world.network.Arrive("data");
  world.Ready(kReadable);
  EXPECT_THAT(world.told(), ElementsAre("data_received data"));
}

TEST(SelectorSocketTransportTests, test_read_ready_conn_reset) {
  World world;
  world.network.Next("recv", -ECONNRESET);
  world.Ready(kReadable);
  world.Settle();
  EXPECT_THAT(world.told(), ElementsAre(HasSubstr("reset by peer")));
  EXPECT_THAT(world.reports, IsEmpty());
}

TEST(SelectorSocketTransportTests, test_read_ready_err) {
  World world;
  world.loop().set_debug(true);
  world.network.Next("recv", -EIO);
  world.Ready(kReadable);
  world.Settle();
  EXPECT_THAT(world.told(), ElementsAre(HasSubstr("recv")));
  EXPECT_THAT(world.reports,
              ElementsAre(HasSubstr("Fatal read error on socket transport")));
}

TEST(SelectorSocketTransportTests, test_write) {
  World world;
  world.Write("data");
  EXPECT_THAT(world.network.Calls(), ElementsAre("send data"));
  EXPECT_FALSE(world.writes());
}

TEST(SelectorSocketTransportTests, test_write_no_data) {
  World world;
  world.Buffer("data");
  world.Write("");
  EXPECT_THAT(world.network.Calls(), IsEmpty());
  EXPECT_EQ(world.buffered(), 4u);
}

TEST(SelectorSocketTransportTests, test_write_buffer) {
  World world;
  world.Buffer("data1");
  world.Write("data2");
  EXPECT_THAT(world.network.Calls(), IsEmpty());
  world.Ready(kWritable);
  EXPECT_THAT(world.network.Calls(), ElementsAre("send data1data2"));
}

TEST(SelectorSocketTransportTests, test_write_partial) {
  World world;
  world.network.Next("send", 2);
  world.Write("data");
  EXPECT_TRUE(world.writes());
  world.Ready(kWritable);
  EXPECT_THAT(world.network.Calls(), ElementsAre("send data", "send ta"));
}

TEST(SelectorSocketTransportTests, test_write_partial_none) {
  World world;
  world.network.Next("send", 0);
  world.Write("data");
  EXPECT_TRUE(world.writes());
  EXPECT_EQ(world.buffered(), 4u);
}

TEST(SelectorSocketTransportTests, test_write_tryagain) {
  World world;
  world.network.Next("send", -EAGAIN);
  world.Write("data");
  EXPECT_TRUE(world.writes());
  EXPECT_EQ(world.buffered(), 4u);
}

TEST(SelectorSocketTransportTests, test_write_exception) {
  World world;
  world.loop().set_debug(true);
  world.network.Next("send", -EIO);
  world.Write("data");
  world.Settle();
  EXPECT_THAT(world.told(), ElementsAre(HasSubstr("connection_lost")));
  EXPECT_THAT(world.reports,
              ElementsAre(HasSubstr("Fatal write error on socket transport")));
  world.network.Calls();
  for (int i = 0; i < 6; ++i) world.Write("data");
  EXPECT_THAT(world.network.Calls(), IsEmpty());
  EXPECT_THAT(world.reports, SizeIs(2));
  EXPECT_THAT(world.reports.back(), HasSubstr("lost its connection"));
}

TEST(SelectorSocketTransportTests, test_write_closing) {
  World world;
  world.Do([&] {
    world.transport->Close();
    world.transport->Write(std::string_view("data"));
  });
  EXPECT_THAT(world.network.Calls(), IsEmpty());
  EXPECT_EQ(world.buffered(), 0u);
}

TEST(SelectorSocketTransportTests, test_write_ready) {
  World world;
  world.Buffer("data");
  world.Ready(kWritable);
  EXPECT_THAT(world.network.Calls(), ElementsAre("send data"));
  EXPECT_FALSE(world.writes());
}

TEST(SelectorSocketTransportTests, test_write_ready_closing) {
  World world;
  world.Buffer("data");
  world.Do([&] { world.transport->Close(); });
  world.Ready(kWritable);
  EXPECT_THAT(world.network.Calls(), ElementsAre("send data", "close 7"));
  EXPECT_FALSE(world.writes());
  EXPECT_THAT(world.told(), ElementsAre("connection_lost"));
}

TEST(SelectorSocketTransportTests, test_write_ready_partial) {
  World world;
  world.Buffer("data");
  world.network.Next("send", 2);
  world.Ready(kWritable);
  EXPECT_TRUE(world.writes());
  EXPECT_EQ(world.buffered(), 2u);
}

TEST(SelectorSocketTransportTests, test_write_ready_partial_none) {
  World world;
  world.Buffer("data");
  world.network.Next("send", 0);
  world.Ready(kWritable);
  EXPECT_TRUE(world.writes());
  EXPECT_EQ(world.buffered(), 4u);
}

// Adapted: a storm of them.
TEST(SelectorSocketTransportTests, test_write_ready_tryagain) {
  World world;
  world.Buffer("data1");
  world.Write("data2");
  for (int i = 0; i < 1000; ++i) {
    world.network.Next("send", -EAGAIN);
    world.Ready(kWritable);
  }
  EXPECT_TRUE(world.writes());
  EXPECT_THAT(world.network.Calls(), Each("send data1data2"));
  EXPECT_EQ(world.buffered(), 10u);
}

TEST(SelectorSocketTransportTests, test_write_ready_exception) {
  World world;
  world.loop().set_debug(true);
  world.Buffer("data");
  world.network.Next("send", -EIO);
  world.Ready(kWritable);
  world.Settle();
  EXPECT_THAT(world.told(), ElementsAre(HasSubstr("connection_lost")));
  EXPECT_THAT(world.reports,
              ElementsAre(HasSubstr("Fatal write error on socket transport")));
}

TEST(SelectorSocketTransportTests, test_write_eof) {
  World world;
  world.Do([&] {
    EXPECT_TRUE(world.transport->can_write_eof());
    world.transport->WriteEof();
    world.transport->WriteEof();
  });
  EXPECT_THAT(world.network.Calls(), ElementsAre("shutdown"));
}

TEST(SelectorSocketTransportTests, test_write_eof_buffer) {
  World world;
  world.Buffer("data");
  world.Do([&] { world.transport->WriteEof(); });
  EXPECT_THAT(world.network.Calls(), IsEmpty());
  world.Ready(kWritable);
  EXPECT_THAT(world.network.Calls(), ElementsAre("send data", "shutdown"));
}

TEST(SelectorSocketTransportTests, test_write_eof_after_close) {
  World world;
  world.Do([&] { world.transport->Close(); });
  world.Settle();
  world.Do([&] { world.transport->WriteEof(); });
  EXPECT_THAT(world.network.Calls(), ElementsAre("close 7"));
}

// Adapted: a writer that waits for room for a file.
TEST(SelectorSocketTransportTests, test_transport_close_remove_writer) {
  World world;
  world.Do([&] { world.transport->Writable(); });
  EXPECT_TRUE(world.writes());
  world.Do([&] { world.transport->Close(); });
  EXPECT_FALSE(world.writes());
}

// ---- Of 3.12, whose Write gathers: ours has one buffer.

TEST(SelectorSocketTransportTests, test_write_sendmsg_no_data) {
  World world;
  world.Buffer("data");
  world.Do([&] { world.transport->WriteLines({}); });
  EXPECT_THAT(world.network.Calls(), IsEmpty());
  EXPECT_EQ(world.buffered(), 4u);
}

void WriteTwo(World& world) {
  const std::array<std::span<const char>, 2> lines = {
      std::string_view("memory"), std::string_view("data")};
  world.Do([&] { world.transport->WriteLines(lines); });
}

TEST(SelectorSocketTransportTests, test_writelines_sendmsg_full) {
  World world;
  WriteTwo(world);
  EXPECT_THAT(world.network.Calls(), ElementsAre("sendmsg memory data"));
  EXPECT_FALSE(world.writes());
}

TEST(SelectorSocketTransportTests, test_writelines_sendmsg_partial) {
  World world;
  world.network.Next("sendmsg", 8);
  WriteTwo(world);
  EXPECT_TRUE(world.writes());
  world.network.Calls();
  world.Ready(kWritable);
  EXPECT_THAT(world.network.Calls(), ElementsAre("send ta"));
}

TEST(SelectorSocketTransportTests, test_write_sendmsg_full) {
  World world;
  world.Buffer("memory");
  world.Write("data");
  world.Ready(kWritable);
  EXPECT_THAT(world.network.Calls(), ElementsAre("send memorydata"));
  EXPECT_FALSE(world.writes());
}

TEST(SelectorSocketTransportTests, test_write_sendmsg_partial) {
  World world;
  world.Buffer("memory");
  world.Write("data");
  world.network.Next("send", 2);
  world.Ready(kWritable);
  EXPECT_TRUE(world.writes());
  world.Ready(kWritable);
  EXPECT_THAT(world.network.Calls(),
              ElementsAre("send memorydata", "send morydata"));
}

TEST(SelectorSocketTransportTests, test_write_sendmsg_half_buffer) {
  World world;
  world.Buffer("memory");
  world.Write("data");
  world.network.Next("send", 8);
  world.Ready(kWritable);
  EXPECT_TRUE(world.writes());
  EXPECT_EQ(world.buffered(), 2u);
}

TEST(SelectorSocketTransportTests, test_write_sendmsg_OSError) {
  World world;
  world.Buffer("memory");
  world.Write("data");
  world.network.Next("send", -EIO);
  world.Ready(kWritable);
  EXPECT_FALSE(world.writes());
  EXPECT_EQ(world.buffered(), 0u);
  world.Settle();
  EXPECT_THAT(world.told(), ElementsAre(HasSubstr("connection_lost")));
}

}  // namespace
}  // namespace rondo::conformance
