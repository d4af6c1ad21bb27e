// RespClient with redis-server. Skipped if that is not installed.
#include "rondo/tests/examples/resp_client.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/descriptors.h"
#include "rondo/tests/runtime/tls_fixtures.h"
#include "rondo/tests/support/random_bytes.h"
#include "rondo/tests/support/redis_server.h"

namespace rondo {
namespace {

using testing::AllOf;
using testing::HasSubstr;

using Commands = std::vector<std::vector<std::string>>;

struct RedisParam {
  bool tls;
  int version;
};

// How it has ended.
Coro<Outcome<RespValue>> EndOf(Task<RespValue> call) {
  return AsOutcome([](Task<RespValue> task) -> Coro<RespValue> {
    co_return co_await task;
  }(std::move(call)));
}

// Over plain connections or TLS, in both versions of the protocol.
class RedisTest : public testing::TestWithParam<RedisParam> {
 protected:
  void SetUp() override {
    if (!IsInstalled("redis-server")) {
      GTEST_SKIP() << NotInstalled("redis-server", "redis-server");
    }
    redis_ = GetParam().tls ? std::make_unique<RedisServer>(LocalIdentity())
                            : std::make_unique<RedisServer>();
  }

  Coro<RespClient> Connect() {
    const RespOptions options = {.version = GetParam().version};
    if (GetParam().tls) {
      return RespClient::Connect("127.0.0.1", redis_->port(), ClientTls(),
                                 options);
    }
    return RespClient::Connect("127.0.0.1", redis_->port(), options);
  }

  std::unique_ptr<RedisServer> redis_;
};

INSTANTIATE_TEST_SUITE_P(
    Connections, RedisTest,
    testing::Values(RedisParam{false, 2}, RedisParam{false, 3},
                    RedisParam{true, 2}, RedisParam{true, 3}),
    [](const testing::TestParamInfo<RedisParam>& info) {
      return (info.param.tls ? std::string("Tls") : std::string("Plain")) +
             std::to_string(info.param.version);
    });

TEST_P(RedisTest, DoesWhatItIsTold) {
  rondo::Run([&]() -> Coro<> {
    RespClient redis = co_await Connect();
    std::vector<std::vector<std::string>> commands = {
        {"SET", "key", "value"},
        {"GET", "key"},
        {"GET", "nothing"},
        {"INCR", "n"},
        {"INCR", "n"},
        {"RPUSH", "list", "a", "b"},
        {"LRANGE", "list", "0", "-1"},
        // No message, though it looks like one.
        {"RPUSH", "news", "message", "a", "b"},
        {"LRANGE", "news", "0", "-1"}};
    std::string replies;
    for (const std::vector<std::string>& command : commands) {
      const RespValue reply = co_await redis.Call(command);
      replies += RespText(reply) + " ";
    }
    EXPECT_EQ(replies,
              "\"OK\" \"value\" (nil) (integer) 1 (integer) 2 (integer) 2 "
              "[\"a\", \"b\"] (integer) 3 [\"message\", \"a\", \"b\"] ");
  });
}

TEST_P(RedisTest, AnErrorIsOfItsCommandOnly) {
  rondo::Run([&]() -> Coro<> {
    RespClient redis = co_await Connect();
    co_await redis.Call("SET", "text", "x");
    const Outcome<RespValue> outcome =
        co_await AsOutcome(redis.Call("INCR", "text"));
    EXPECT_TRUE(IsException<RespError>(outcome.exception()));
    EXPECT_THAT(DescribeException(outcome.exception()),
                HasSubstr("INCR: ERR value is not an integer"));
    Commands commands = {{"GET", "text"}, {"NONSENSE"}, {"GET", "text"}};
    const std::vector<RespValue> replies =
        co_await redis.Pipeline(std::move(commands));
    EXPECT_EQ(replies[0].text, "x");
    EXPECT_EQ(replies[1].kind, RespValue::Kind::kError);
    EXPECT_EQ(replies[2].text, "x");
  });
}

TEST_P(RedisTest, AThousandCommandsAtOnce) {
  rondo::Run([&]() -> Coro<> {
    RespClient redis = co_await Connect();
    Commands commands;
    for (int i = 0; i < 1000; ++i) {
      commands.push_back({"INCRBY", "sum", std::to_string(i)});
    }
    const std::vector<RespValue> replies =
        co_await redis.Pipeline(std::move(commands));
    std::int64_t sum = 0;
    EXPECT_EQ(replies.size(), 1000u);
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(replies[i].integer, sum += i);
  });
}

// A thousand tasks call, each of them once.
TEST_P(RedisTest, RepliesFindTheirCallers) {
  rondo::Run([&]() -> Coro<> {
    RespClient redis = co_await Connect();
    const auto echo = [&](int i) -> Coro<bool> {
      const std::string text = "text " + std::to_string(i);
      const RespValue reply = co_await redis.Call("ECHO", text);
      co_return reply.text == text;
    };
    std::vector<Coro<bool>> calls;
    for (int i = 0; i < 1000; ++i) calls.push_back(echo(i));
    const auto right = co_await Gather(std::move(calls));
    for (const bool own : right) EXPECT_TRUE(own);
  });
}

TEST_P(RedisTest, LargeValues) {
  rondo::Run([&]() -> Coro<> {
    constexpr std::size_t kSize = 8 * 1024 * 1024;
    RespClient redis = co_await Connect();
    const std::string large = RandomBytes(1, kSize);
    Commands commands = {{"SET", "a", large},
                         {"SET", "b", large},
                         {"GET", "a"},
                         {"STRLEN", "b"},
                         {"GET", "b"}};
    const std::vector<RespValue> replies =
        co_await redis.Pipeline(std::move(commands));
    EXPECT_TRUE(replies[2].text == large);
    EXPECT_EQ(replies[3].integer, static_cast<std::int64_t>(kSize));
    EXPECT_TRUE(replies[4].text == large);
  });
}

TEST_P(RedisTest, PublishesToThoseWhoSubscribe) {
  rondo::Run([&]() -> Coro<> {
    RespClient subscriber = co_await Connect();
    RespClient publisher = co_await Connect();
    co_await subscriber.Subscribe("a");
    co_await subscriber.Subscribe("b");
    Commands news;
    for (int i = 0; i < 100; ++i) {
      news.push_back({"PUBLISH", i % 2 == 0 ? "a" : "b", std::to_string(i)});
    }
    const std::vector<RespValue> told =
        co_await publisher.Pipeline(std::move(news));
    for (const RespValue& reply : told) EXPECT_EQ(reply.integer, 1);
    for (int i = 0; i < 100; ++i) {
      const RespMessage message = co_await subscriber.NextMessage();
      EXPECT_EQ(message.channel, i % 2 == 0 ? "a" : "b");
      EXPECT_EQ(message.payload, std::to_string(i));
    }
    co_await subscriber.Unsubscribe("a");
    Commands more = {{"PUBLISH", "a", "nobody"}, {"PUBLISH", "b", "last"}};
    const std::vector<RespValue> heard =
        co_await publisher.Pipeline(std::move(more));
    EXPECT_EQ(heard[0].integer, 0);
    EXPECT_EQ(heard[1].integer, 1);
    const RespMessage last = co_await subscriber.NextMessage();
    EXPECT_EQ(last.payload, "last");
    co_await subscriber.Unsubscribe("b");
    // It is an ordinary client again, in version 2 too.
    EXPECT_EQ((co_await subscriber.Call("PING")).text, "PONG");
  });
}

// Cancelled commands leave no gap: the server has them whole, and later
// replies are those of later commands.
TEST_P(RedisTest, ACancelledCommandTakesItsReplyAlong) {
  rondo::Run([&]() -> Coro<> {
    RespClient redis = co_await Connect();
    redis_->Pause();
    std::vector<Task<RespValue>> calls;
    const std::string large(4 * 1024 * 1024, 'l');
    for (int i = 0; i < 20; ++i) {
      calls.push_back(CreateTask(i == 3 ? redis.Call("SET", "large", large)
                                        : redis.Call("INCR", "n")));
    }
    for (int i = 0; i < 5; ++i) co_await Yield();
    for (std::size_t i = 0; i < calls.size(); i += 3) calls[i].Cancel();
    co_await Yield();
    redis_->Resume();
    for (std::size_t i = 0; i < calls.size(); ++i) {
      const Outcome<RespValue> ended = co_await EndOf(calls[i]);
      EXPECT_EQ(ended.cancelled(), i % 3 == 0) << i;
      if (ended.ok()) {
        EXPECT_EQ(ended.value().integer, i < 3 ? i + 1 : i) << i;
      }
    }
    Commands after = {{"GET", "n"}, {"STRLEN", "large"}};
    const std::vector<RespValue> replies =
        co_await redis.Pipeline(std::move(after));
    EXPECT_EQ(replies[0].text, "19");
    EXPECT_EQ(replies[1].integer, static_cast<std::int64_t>(large.size()));
  });
}

// Each command has its reply, or an error that says that it has none.
TEST_P(RedisTest, AServerThatDiesLeavesNobodyWaiting) {
  rondo::Run([&]() -> Coro<> {
    const std::size_t before = CountDescriptors();
    {
      RespClient redis = co_await Connect();
      std::vector<Task<RespValue>> calls;
      std::int64_t answered = 0;
      for (int i = 0; i < 1000; ++i) {
        calls.push_back(CreateTask(redis.Call("INCR", "n")));
        if (i == 500) {
          answered = (co_await calls[500]).integer;
          redis_->Pause();
        }
      }
      for (int i = 0; i < 5; ++i) co_await Yield();
      redis_->Kill();
      int lost = 0;
      for (std::size_t i = 0; i < calls.size(); ++i) {
        const Outcome<RespValue> ended = co_await EndOf(calls[i]);
        if (ended.ok()) {
          EXPECT_EQ(ended.value().integer, static_cast<std::int64_t>(i + 1));
          EXPECT_EQ(lost, 0) << "a reply behind one that was lost";
          continue;
        }
        ++lost;
        EXPECT_TRUE(IsException<RespLostError>(ended.exception()));
        EXPECT_THAT(
            DescribeException(ended.exception()),
            AllOf(HasSubstr("the connection to 127.0.0.1:"),
                  HasSubstr("whether the command was carried out is not "
                            "known")));
      }
      EXPECT_EQ(answered, 501);
      EXPECT_EQ(lost, 499);
      EXPECT_FALSE(redis.is_open());
      const Outcome<RespValue> late = co_await AsOutcome(redis.Call("PING"));
      EXPECT_TRUE(IsException<RespLostError>(late.exception()));
      const Outcome<RespMessage> message =
          co_await AsOutcome(redis.NextMessage());
      EXPECT_TRUE(IsException<RespLostError>(message.exception()));
    }
    const Outcome<RespClient> again = co_await AsOutcome(Connect());
    EXPECT_THAT(DescribeException(again.exception()),
                HasSubstr("connect 127.0.0.1:"));
    EXPECT_EQ(CountDescriptors(), before);
  });
}

}  // namespace
}  // namespace rondo
