// RespClient: one connection to Redis.
//
//   rondo::RespClient redis =
//       co_await rondo::RespClient::Connect("127.0.0.1", 6379);
//   co_await redis.Call("SET", "key", "value");
//   std::string value = (co_await redis.Call("GET", "key")).text;
//
// Any number of coroutines may call at once: commands are sent in the order of
// the calls, without waiting for one another, and replies find their callers by
// that order. The client must outlive its calls.
//
// Cancellation: of a call, at once. Its command is sent whole, and the server
// may carry it out; its reply is dropped when it comes, so that the connection
// stays as good as it was.
//
// Throws, all that call: RespError for what the server refuses; RespLostError
// once the connection is lost or closed, by all that wait for a reply and by
// every later call. Each command that was sent has either its reply or this
// error; whether the server has carried out the latter is not known.
#ifndef RONDO_TESTS_EXAMPLES_RESP_CLIENT_H_
#define RONDO_TESTS_EXAMPLES_RESP_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/tls.h"
#include "rondo/tests/examples/resp.h"

namespace rondo {

// "WRONGTYPE Operation against a key holding the wrong kind of value", and the
// command's name.
class RespError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

class RespLostError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct RespOptions {
  int version = 3;  // Of the protocol: 2 or 3.
  std::size_t max_reply = 512 * 1024 * 1024;
};

struct RespMessage {
  RespMessage() = default;
  RespMessage(std::string c, std::string p)
      : channel(std::move(c)), payload(std::move(p)) {}

  std::string channel;
  std::string payload;
};

class RespClient {
 public:
  // Connects, and agrees on the version. Throws: also as OpenConnection;
  // ValueError for another version.
  static Coro<RespClient> Connect(std::string host, std::uint16_t port,
                                  RespOptions options = {});
  static Coro<RespClient> Connect(std::string host, std::uint16_t port,
                                  TlsOptions tls, RespOptions options = {});

  RespClient(RespClient&&) noexcept = default;
  RespClient& operator=(RespClient&&) = delete;
  // Closes.
  ~RespClient();

  // One command; its reply is no error. (Words, because g++ 12 does not compile
  // a braced list of strings where something is awaited.)
  template <class... Words>
  Coro<RespValue> Call(std::string name, Words... words) {
    return Call(std::vector<std::string>{std::move(name), words...});
  }
  Coro<RespValue> Call(std::vector<std::string> command);
  // Many, sent at once; their replies, which may be errors.
  Coro<std::vector<RespValue>> Pipeline(
      std::vector<std::vector<std::string>> commands);

  // Returns when the server has confirmed it. In version 2, a client with
  // subscriptions can do nothing else. Not with Call: the replies differ.
  Coro<> Subscribe(std::string channel);
  Coro<> Unsubscribe(std::string channel);
  // The next message of any channel; those that nobody takes are kept.
  Coro<RespMessage> NextMessage();

  bool is_open() const;
  // What waits for a reply throws. Idempotent.
  void Close();

 private:
  class Core;

  explicit RespClient(std::shared_ptr<Core> core);
  static Coro<RespClient> Begin(Stream stream, RespOptions options);
  Coro<RespValue> SendOne(std::vector<std::string> command, bool channel);

  std::shared_ptr<Core> core_;
};

}  // namespace rondo

#endif  // RONDO_TESTS_EXAMPLES_RESP_CLIENT_H_
