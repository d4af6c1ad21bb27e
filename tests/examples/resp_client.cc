#include "rondo/tests/examples/resp_client.h"

#include <deque>
#include <exception>
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
using Reply = Future<RespValue>;

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
  std::vector<Reply> Send(const std::string& bytes, std::size_t replies) {
    RequireOpen();
    std::vector<Reply> futures;
    for (std::size_t i = 0; i < replies; ++i) {
      futures.push_back(CreateFuture<RespValue>());
      waiting_.push_back(futures.back());
    }
    stream_.Write(bytes);
    return futures;
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
    for (Reply& reply : std::exchange(waiting_, {})) {
      if (reply.done()) continue;
      reply.SetException(std::make_exception_ptr(RespLostError(
          lost_ + " (whether the command was carried out is not known)")));
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

  void Take(RespValue value) {
    const std::string news = NewsOf(value, options_.version);
    if (news == "message") {
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
    Reply reply = std::move(waiting_.front());
    waiting_.pop_front();
    if (!reply.done()) reply.SetResult(std::move(value));
  }

  Stream stream_;
  const RespOptions options_;
  const std::string peer_;
  std::deque<Reply> waiting_;  // In the order of their commands.
  Queue<RespMessage> messages_;
  std::string lost_;  // Why; empty: it is not.
};

RespClient::RespClient(std::shared_ptr<Core> core) : core_(std::move(core)) {}

RespClient::~RespClient() { Close(); }

Coro<RespClient> RespClient::Begin(Stream stream, RespOptions options) {
  auto core = std::make_shared<Core>(std::move(stream), options);
  CreateTask(Core::ReadAll(core), "resp_reader");
  RespClient client(std::move(core));
  if (options.version == 3) co_await client.Call({"HELLO", "3"});
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
  if (command.empty()) throw ValueError("a command has at least one word");
  const std::shared_ptr<Core> core = core_;
  const Reply reply = core->Send(RespCommand(command), 1).front();
  co_await core->Drain();
  RespValue& value = co_await reply;
  RequireNoError(value, command[0]);
  co_return std::move(value);
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
    RespValue& value = co_await reply;
    values.push_back(std::move(value));
  }
  co_return values;
}

Coro<> RespClient::Subscribe(std::string channel) {
  std::vector<std::string> command = {"SUBSCRIBE", std::move(channel)};
  co_await Call(std::move(command));
}

Coro<> RespClient::Unsubscribe(std::string channel) {
  std::vector<std::string> command = {"UNSUBSCRIBE", std::move(channel)};
  co_await Call(std::move(command));
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
