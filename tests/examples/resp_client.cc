#include "rondo/tests/examples/resp_client.h"

#include <deque>
#include <exception>
#include <optional>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/queue.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/task.h"

namespace rondo {
namespace {

using Kind = RespValue::Kind;
using Reply = Future<std::optional<RespValue>>;  // No value: it is lost.

// What the server says of a channel: "message", "subscribe", "unsubscribe".
// Version 2 has no type of its own for that.
std::string NewsOf(const RespValue& value, int version) {
  const Kind kind = version == 2 ? Kind::kArray : Kind::kPush;
  if (value.kind != kind || value.items.size() != 3) return "";
  return value.items[0].text;
}

void RequireNoError(const RespValue& reply, const std::string& command) {
  if (reply.kind == Kind::kError) throw RespError(command + ": " + reply.text);
}

}  // namespace

// What the client and the task share that reads its replies.
class RespClient::Core {
 public:
  Core(Stream stream, RespOptions options)
      : stream_(std::move(stream)),
        options_(options),
        peer_(stream_.peer_address().ToString()) {}
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  // Reads until the connection is lost.
  static Coro<> ReadAll(std::shared_ptr<Core> core) {
    std::string why;
    try {
      for (;;) {
        RespValue value =
            co_await ReadResp(core->stream_, core->options_.max_reply);
        core->Take(std::move(value));
      }
    } catch (const IncompleteReadError&) {
      why = "the server has ended it";
    } catch (const std::exception& error) {
      why = error.what();
    }
    core->Lose(why);
  }

  // Sends `bytes`; their replies will come in the order of these calls.
  // `channels`: they are of Subscribe or Unsubscribe.
  std::vector<Reply> Send(const std::string& bytes, std::size_t replies,
                          bool channels = false) {
    RequireOpen();
    std::vector<Reply> futures;
    for (std::size_t i = 0; i < replies; ++i) {
      futures.push_back(CreateFuture<std::optional<RespValue>>());
      waiting_.push_back({futures.back(), channels});
    }
    stream_.Write(bytes);
    return futures;
  }
  // What has come. Throws: RespLostError.
  RespValue ValueOf(std::optional<RespValue>& reply) const {
    if (reply.has_value()) return *std::move(reply);
    throw RespLostError(lost_ +
                        " (whether the command was carried out is not known)");
  }
  Coro<> Drain() {
    RequireOpen();
    try {
      co_await stream_.Drain();
    } catch (const std::exception& error) {
      Lose(error.what());
    }
  }

  Coro<RespMessage> NextMessage() {
    try {
      RespMessage message = co_await messages_.Get();
      co_return message;
    } catch (const QueueShutDown&) {
      throw RespLostError(lost_);
    }
  }

  // The first reason counts.
  void Lose(const std::string& why) {
    if (!lost_.empty()) return;
    lost_ = "the connection to " + peer_ + " is lost: " + why;
    for (Waiting& waiting : std::exchange(waiting_, {})) {
      if (!waiting.reply.done()) waiting.reply.SetResult(std::nullopt);
    }
    messages_.Shutdown();
    stream_.Close();
  }

  bool open() const { return lost_.empty(); }
  const RespOptions& options() const { return options_; }

 private:
  void RequireOpen() const {
    if (!open()) throw RespLostError(lost_);
  }

  struct Waiting {
    Reply reply;
    bool channel;  // Of Subscribe or Unsubscribe.
  };

  void Take(RespValue value) {
    const std::string news = NewsOf(value, options_.version);
    // In version 2 a list may look like this to who has no subscription.
    if (news == "message" && subscriptions_ > 0) {
      messages_.PutNowait(
          RespMessage(value.items[1].text, value.items[2].text));
      return;
    }
    // Confirmations are replies, though of version 3 they are not called so.
    if (value.kind == Kind::kPush && news != "subscribe" &&
        news != "unsubscribe") {
      return;  // Of no use here: somebody has asked for them with Call.
    }
    if (waiting_.empty()) {
      throw RespSyntaxError("a reply to nothing: " + RespText(value));
    }
    Waiting waiting = std::move(waiting_.front());
    waiting_.pop_front();
    if (waiting.channel && !news.empty()) {
      subscriptions_ = value.items[2].integer;
    }
    if (!waiting.reply.done()) waiting.reply.SetResult(std::move(value));
  }

  Stream stream_;
  const RespOptions options_;
  const std::string peer_;
  std::deque<Waiting> waiting_;  // In the order of their commands.
  std::int64_t subscriptions_ = 0;
  Queue<RespMessage> messages_;
  std::string lost_;  // Why; empty: it is not.
};

RespClient::RespClient(std::shared_ptr<Core> core) : core_(std::move(core)) {}

RespClient::~RespClient() { Close(); }

Coro<RespClient> RespClient::Begin(Stream stream, RespOptions options) {
  if (options.version != 2 && options.version != 3) {
    throw ValueError("RESP has the versions 2 and 3, not " +
                     std::to_string(options.version));
  }
  auto core = std::make_shared<Core>(std::move(stream), options);
  CreateTask(Core::ReadAll(core), "resp_reader");
  RespClient client(std::move(core));
  if (options.version == 3) co_await client.Call("HELLO", "3");
  co_return client;
}

Coro<RespClient> RespClient::Connect(std::string host, std::uint16_t port,
                                     RespOptions options) {
  Stream stream = co_await OpenConnection(std::move(host), port);
  co_return co_await Begin(std::move(stream), options);
}

Coro<RespClient> RespClient::Connect(std::string host, std::uint16_t port,
                                     TlsOptions tls, RespOptions options) {
  Stream stream =
      co_await OpenConnection(std::move(host), port, std::move(tls));
  co_return co_await Begin(std::move(stream), options);
}

Coro<RespValue> RespClient::Call(std::vector<std::string> command) {
  return SendOne(std::move(command), /*channel=*/false);
}

Coro<RespValue> RespClient::SendOne(std::vector<std::string> command,
                                    bool channel) {
  if (command.empty()) throw ValueError("a command has at least one word");
  const std::shared_ptr<Core> core = core_;
  const Reply reply = core->Send(RespCommand(command), 1, channel).front();
  co_await core->Drain();
  RespValue value = core->ValueOf(co_await reply);
  RequireNoError(value, command[0]);
  co_return value;
}

Coro<std::vector<RespValue>> RespClient::Pipeline(
    std::vector<std::vector<std::string>> commands) {
  const std::shared_ptr<Core> core = core_;
  std::string bytes;
  for (const std::vector<std::string>& command : commands) {
    if (command.empty()) throw ValueError("a command has at least one word");
    bytes += RespCommand(command);
  }
  const std::vector<Reply> replies = core->Send(bytes, commands.size());
  co_await core->Drain();
  std::vector<RespValue> values;
  for (const Reply& reply : replies) {
    values.push_back(core->ValueOf(co_await reply));
  }
  co_return values;
}

Coro<> RespClient::Subscribe(std::string channel) {
  std::vector<std::string> command = {"SUBSCRIBE", std::move(channel)};
  co_await SendOne(std::move(command), /*channel=*/true);
}

Coro<> RespClient::Unsubscribe(std::string channel) {
  std::vector<std::string> command = {"UNSUBSCRIBE", std::move(channel)};
  co_await SendOne(std::move(command), /*channel=*/true);
}

Coro<RespMessage> RespClient::NextMessage() {
  const std::shared_ptr<Core> core = core_;
  co_return co_await core->NextMessage();
}

bool RespClient::is_open() const { return core_->open(); }

void RespClient::Close() {
  if (core_ != nullptr) core_->Lose("it was closed here");
}

}  // namespace rondo
