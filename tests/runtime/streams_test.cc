#include "rondo/runtime/streams.h"

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/io.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/tests/runtime/worlds.h"

namespace rondo {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::size_t kMuch = 1 << 20;

// Two ends of one connection.
struct Pair {
  Pair() = default;

  Stream near;
  Stream far;
};

Coro<Pair> Connect() {
  Network& network = internal::NetworkOf(internal::RunningCore());
  Socket listener = Socket::Stream(AddressFamily::kIPv4);
  network.Bind(listener.fd(), *SocketAddress::Parse("127.0.0.1", 0));
  network.Listen(listener.fd(), 1);
  SocketAddress address;
  network.LocalAddress(listener.fd(), &address);
  Socket near = Socket::Stream(AddressFamily::kIPv4);
  network.SetOption(near.fd(), SocketOption::kSendBuffer, 4096);
  co_await SockConnect(near.fd(), address);
  Accepted accepted = co_await SockAccept(listener.fd());
  Pair pair;
  pair.near = Stream(std::move(near));
  pair.far = Stream(std::move(accepted.socket));
  co_return pair;
}

Coro<std::size_t> ReadSome(Stream* stream, std::span<char> buffer) {
  co_return co_await stream->Read(buffer);
}

Coro<> WriteMuch(Stream* stream) {
  const std::string data(kMuch, 'x');
  co_await stream->WriteAll(data);
}

// The text of the error that `coro` ends with, and its number.
struct SystemFailure {
  SystemFailure() = default;

  int code = 0;
  std::string what;
};
template <class T>
Coro<SystemFailure> FailureOf(Coro<T> coro) {
  SystemFailure failure;
  try {
    co_await std::move(coro);
  } catch (const std::system_error& error) {
    failure.code = error.code().value();
    failure.what = error.what();
  }
  co_return failure;
}

class StreamTest : public testing::TestWithParam<World> {
 protected:
  // Runs `body` with both ends of a connection.
  template <class F>
  void WithPair(F body) {
    RunIn(GetParam(), [&]() -> Coro<> {
      Pair pair = co_await Connect();
      co_await body(pair.near, pair.far);
    });
  }
};

INSTANTIATE_TEST_SUITE_P(Worlds, StreamTest,
                         testing::Values(World::kReal, World::kSimulated),
                         WorldName);

TEST_P(StreamTest, ReadGivesWhatIsThereWithoutWaitingForMore) {
  WithPair([](Stream& near, Stream& far) -> Coro<> {
    co_await near.WriteAll(std::string_view("abc"));
    std::array<char, 100> buffer;
    const std::size_t n = co_await far.Read(buffer);
    EXPECT_EQ(std::string(buffer.data(), n), "abc");
  });
}

TEST_P(StreamTest, ReadGivesZeroAtTheEndAndStaysThere) {
  WithPair([](Stream& near, Stream& far) -> Coro<> {
    near.WriteEof();
    std::array<char, 10> buffer;
    EXPECT_EQ(co_await far.Read(buffer), 0u);
    EXPECT_EQ(co_await far.Read(buffer), 0u);
    // The other direction is open still.
    co_await far.WriteAll(std::string_view("late"));
    EXPECT_EQ(co_await near.ReadExactly(4), "late");
  });
}

TEST_P(StreamTest, WriteAllWaitsUntilTheReaderHasMadeRoom) {
  WithPair([](Stream& near, Stream& far) -> Coro<> {
    const Task<> writer = CreateTask(WriteMuch(&near));
    co_await Sleep(20ms);
    EXPECT_FALSE(writer.done());
    std::string all;
    std::array<char, 65536> buffer;
    while (all.size() < kMuch) {
      const std::size_t n = co_await far.Read(buffer);
      all.append(buffer.data(), n);
    }
    co_await writer;
    EXPECT_EQ(all, std::string(kMuch, 'x'));
  });
}

TEST_P(StreamTest, ReadUntilKeepsWhatFollowsTheSeparator) {
  WithPair([](Stream& near, Stream& far) -> Coro<> {
    co_await near.WriteAll(std::string_view("one\ntwo\nthr"));
    EXPECT_EQ(co_await far.ReadUntil('\n'), "one\n");
    EXPECT_EQ(co_await far.ReadUntil('\n'), "two\n");
    near.WriteEof();
    std::string partial;
    std::optional<std::size_t> expected = 1;
    try {
      co_await far.ReadUntil('\n');
    } catch (const IncompleteReadError& error) {
      partial = error.partial();
      expected = error.expected();
    }
    EXPECT_EQ(partial, "thr");
    EXPECT_EQ(expected, std::nullopt);
  });
}

TEST_P(StreamTest, ReadUntilWithoutASeparatorInReachConsumesNothing) {
  WithPair([](Stream& near, Stream& far) -> Coro<> {
    const Task<> writer = CreateTask(WriteMuch(&near));
    std::size_t consumed = 0;
    try {
      co_await far.ReadUntil('\n');
    } catch (const LimitOverrunError& error) {
      consumed = error.consumed();
    }
    EXPECT_GT(consumed, 65536u);
    EXPECT_EQ(co_await far.ReadExactly(kMuch), std::string(kMuch, 'x'));
    co_await writer;
  });
}

TEST_P(StreamTest, ReadExactlyTellsHowMuchThereWasAtTheEnd) {
  WithPair([](Stream& near, Stream& far) -> Coro<> {
    co_await near.WriteAll(std::string_view("abcde"));
    near.WriteEof();
    EXPECT_EQ(co_await far.ReadExactly(2), "ab");
    EXPECT_EQ(co_await far.ReadExactly(0), "");
    std::string partial;
    std::optional<std::size_t> expected;
    try {
      co_await far.ReadExactly(4);
    } catch (const IncompleteReadError& error) {
      partial = error.partial();
      expected = error.expected();
    }
    EXPECT_EQ(partial, "cde");
    EXPECT_EQ(expected, 4u);
  });
}

TEST_P(StreamTest, CancelledReadsLoseNoByte) {
  WithPair([](Stream& near, Stream& far) -> Coro<> {
    co_await near.WriteAll(std::string_view("ab"));
    const Task<std::string> exactly = CreateTask(far.ReadExactly(5));
    co_await Sleep(10ms);
    Task<std::string>(exactly).Cancel();
    (void)co_await AsOutcome(WaitFor(exactly, std::nullopt));
    EXPECT_TRUE(exactly.cancelled());

    const Task<std::string> until = CreateTask(far.ReadUntil('\n'));
    co_await Sleep(10ms);
    Task<std::string>(until).Cancel();
    (void)co_await AsOutcome(WaitFor(until, std::nullopt));

    co_await near.WriteAll(std::string_view("cde"));
    EXPECT_EQ(co_await WaitFor(far.ReadExactly(5), 1s), "abcde");
  });
}

// Sends three bytes to a task that waits in Read, and returns when they are in
// its buffer and its turn has not come.
Coro<> GiveBytesTo(const Task<std::size_t>& reader, Stream& near) {
  const internal::FutureRef<internal::FutureCore> waits =
      internal::FutureRef<internal::FutureCore>::Share(
          reader.task_core()->wait_point()->future);
  // Wakes this coroutine in the same iteration, before the reader: the first
  // to be called back is the first to have been here.
  Future<> woken = CreateFuture();
  const std::size_t removed = waits->RemoveCallback(reader.task_core());
  EXPECT_EQ(removed, 1u);
  internal::AddDoneCallback(
      waits.get(), HandleKind::kFutureDone, "woken",
      [woken](internal::FutureCore*) mutable { woken.SetResult(); });
  co_await near.WriteAll(std::string_view("abc"));
  co_await woken;
  waits->AddCallback(reader.task_core());  // Queued now: it is done.
}

// A task is cancelled when its bytes are in its buffer, before it has its turn:
// all of them, or as many as have found room, or straight from the kernel.
TEST_P(StreamTest, AReadCancelledBetweenItsBytesAndItsTurnGivesThemBack) {
  for (const std::size_t size : {2, 10, 65536})
    WithPair([size](Stream& near, Stream& far) -> Coro<> {
      std::vector<char> buffer(size);
      Task<std::size_t> reader = CreateTask(ReadSome(&far, buffer));
      co_await Sleep(1ms);
      co_await GiveBytesTo(reader, near);
      EXPECT_EQ(buffer[1], 'b');
      EXPECT_FALSE(reader.done());
      reader.Cancel();
      co_await Yield();
      EXPECT_TRUE(reader.cancelled());
      EXPECT_EQ(co_await WaitFor(far.ReadExactly(3), 1s), "abc");
    });
}

TEST_P(StreamTest, AReadOfADyingStreamReadsTheEnd) {
  WithPair([](Stream&, Stream& far) -> Coro<> {
    auto stream = std::make_unique<Stream>(std::move(far));
    std::array<char, 10> buffer;
    const Task<std::size_t> reader = CreateTask(ReadSome(stream.get(), buffer));
    co_await Sleep(1ms);
    stream.reset();
    EXPECT_EQ(co_await reader, 0u);
  });
}

TEST_P(StreamTest, WhatADyingStreamHasWrittenIsStillSent) {
  WithPair([](Stream& near, Stream& far) -> Coro<> {
    auto stream = std::make_unique<Stream>(std::move(near));
    const Task<> writer = CreateTask(WriteMuch(stream.get()));
    co_await Sleep(20ms);
    EXPECT_FALSE(writer.done());
    stream.reset();
    EXPECT_EQ(co_await far.ReadAll(), std::string(kMuch, 'x'));
    co_await writer;
  });
}

TEST_P(StreamTest, AWriteEndsWhenThePeerIsGone) {
  WithPair([](Stream& near, Stream& far) -> Coro<> {
    const Task<SystemFailure> writer = CreateTask(FailureOf(WriteMuch(&near)));
    co_await Sleep(20ms);
    EXPECT_FALSE(writer.done());
    far.Close();  // A reset: there are bytes that it has not read.
    EXPECT_EQ((co_await writer).code, ECONNRESET);
  });
}

TEST_P(StreamTest, AReadThatHasItsBytesSurvivesTheStream) {
  WithPair([](Stream& near, Stream& far) -> Coro<> {
    auto stream = std::make_unique<Stream>(std::move(far));
    std::array<char, 10> buffer;
    const Task<std::size_t> reader = CreateTask(ReadSome(stream.get(), buffer));
    co_await Sleep(1ms);
    co_await GiveBytesTo(reader, near);
    stream.reset();
    EXPECT_EQ(co_await reader, 3u);
  });
}

TEST_P(StreamTest, ReadUntilOfADyingStreamThatIsCancelledTooEndsWell) {
  WithPair([](Stream& near, Stream& far) -> Coro<> {
    auto stream = std::make_unique<Stream>(std::move(far));
    co_await near.WriteAll(std::string_view("abc"));
    Task<std::string> reader = CreateTask(stream->ReadUntil('\n'));
    co_await Sleep(5ms);
    stream.reset();
    reader.Cancel();
    co_await Yield();
    EXPECT_TRUE(reader.cancelled());
  });
}

TEST_P(StreamTest, AReadGoesOnWhenItsStreamIsMoved) {
  WithPair([](Stream& near, Stream& far) -> Coro<> {
    const Task<std::string> reader = CreateTask(far.ReadUntil('\n'));
    co_await Sleep(1ms);
    const Stream moved = std::move(far);
    co_await near.WriteAll(std::string_view("abc\ndef"));
    EXPECT_EQ(co_await reader, "abc\n");
    far = Stream();
  });
}

TEST_P(StreamTest, ASecondReaderIsRefused) {
  WithPair([](Stream& near, Stream& far) -> Coro<> {
    std::array<char, 10> buffer;
    const Task<std::size_t> first = CreateTask(ReadSome(&far, buffer));
    co_await Sleep(1ms);
    std::array<char, 10> other;
    const Outcome<std::size_t> second =
        co_await AsOutcome(ReadSome(&far, other));
    EXPECT_THROW(second.Rethrow(), RuntimeError);
    co_await near.WriteAll(std::string_view("abc"));
    EXPECT_EQ(co_await first, 3u);
  });
}

TEST_P(StreamTest, AResetNamesTheCallAndTheAddress) {
  WithPair([](Stream& near, Stream& far) -> Coro<> {
    // Bytes that nobody has read make the close a reset.
    co_await Sleep(1ms);
    far.transport().PauseReading();
    co_await near.WriteAll(std::string_view("unread"));
    co_await Sleep(5ms);
    const std::string peer = near.peer_address().ToString();
    far.Close();
    co_await Sleep(5ms);
    std::array<char, 10> buffer;
    const SystemFailure failure = co_await FailureOf(ReadSome(&near, buffer));
    EXPECT_EQ(failure.code, ECONNRESET);
    EXPECT_THAT(failure.what, HasSubstr("recv " + peer));
  });
}

TEST_P(StreamTest, ARefusedConnectionNamesTheCallAndTheAddress) {
  RunIn(GetParam(), [&]() -> Coro<> {
    const SystemFailure failure =
        co_await FailureOf(OpenConnection("127.0.0.1", 9));
    EXPECT_EQ(failure.code, ECONNREFUSED);
    EXPECT_THAT(failure.what, HasSubstr("connect 127.0.0.1:9"));
  });
}

TEST_P(StreamTest, AnEmptyOrClosedStreamSaysSo) {
  WithPair([](Stream& near, Stream&) -> Coro<> {
    Stream empty;
    std::array<char, 10> buffer;
    EXPECT_FALSE(empty.is_open());
    EXPECT_THROW(co_await ReadSome(&empty, buffer), ValueError);
    const Outcome<std::string> exactly =
        co_await AsOutcome(empty.ReadExactly(1));
    EXPECT_THROW(exactly.Rethrow(), ValueError);
    near.Close();
    near.Close();
    EXPECT_FALSE(near.is_open());
    co_await near.WaitClosed();
    EXPECT_EQ(near.fd(), -1);
    EXPECT_EQ(co_await ReadSome(&near, buffer), 0u);
    EXPECT_TRUE(near.AtEof());
    near.Write(std::string_view("into the void"));
    EXPECT_EQ((co_await FailureOf(near.Drain())).code, ECONNRESET);
  });
}

}  // namespace
}  // namespace rondo
