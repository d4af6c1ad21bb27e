// Messages of HTTP/1.1 on a stream: heads and bodies, read and written.
//
// Nothing that the peer sends is trusted: what is not HTTP/1.1 (or 1.0), is
// ambiguous about where it ends, or is longer than the limits, is an HttpError.
//
// Throws, all that read: HttpError; what the stream is lost by.
// Cancellation: at once; the stream is then inside a message, fit to be closed.
// Source: RFC 9112; RFC 9110.
#ifndef RONDO_TESTS_EXAMPLES_HTTP_MESSAGE_H_
#define RONDO_TESTS_EXAMPLES_HTTP_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/streams.h"

namespace rondo {

class HttpError : public std::runtime_error {
 public:
  HttpError(int status, const std::string& message)
      : std::runtime_error(message), status_(status) {}

  // What a server answers: 400 Bad Request, 413 Content Too Large...
  int status() const { return status_; }

 private:
  int status_;
};

// In bytes. A head must also fit into the stream's own limit (stream_reader.h).
struct HttpLimits {
  std::size_t head = 16 * 1024;
  std::size_t body = 64 * 1024 * 1024;
};

// Header fields, in their order. Names are the same in upper and lower case.
class HttpFields {
 public:
  // Throws: ValueError for what would end the line, or is no name.
  void Add(std::string name, std::string value);

  // The first of that name; null: there is none.
  const std::string* Find(const std::string& name) const;
  // Whether one of the fields of that name, which are lists, has `token`.
  bool Lists(const std::string& name, const std::string& token) const;
  std::vector<std::string> All(const std::string& name) const;

  const std::vector<std::pair<std::string, std::string>>& all() const {
    return fields_;
  }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct HttpRequest {
  HttpRequest() = default;
  HttpRequest(std::string m, std::string t)
      : method(std::move(m)), target(std::move(t)) {}

  std::string method = "GET";
  std::string target = "/";
  int minor = 1;  // Of the version: HTTP/1.`minor`.
  HttpFields fields;
  std::string body;
};

struct HttpResponse {
  HttpResponse() = default;
  HttpResponse(int s, std::string b) : status(s), body(std::move(b)) {}

  int status = 200;
  std::string reason;  // Empty: the usual one.
  int minor = 1;
  HttpFields fields;
  std::string body;
};

// The next message's head, without its body; no value: the stream has ended
// before it. Throws: also HttpError (431) if it is longer than `limit`.
Coro<std::optional<HttpRequest>> ReadRequestHead(Stream& stream,
                                                 std::size_t limit);
Coro<std::optional<HttpResponse>> ReadResponseHead(Stream& stream,
                                                   std::size_t limit);

// Where a body ends.
struct HttpBodyEnd {
  enum Kind { kLength, kChunked, kEndOfStream };
  Kind kind = kLength;
  std::uint64_t length = 0;
};

// Throw: HttpError for framing that is wrong, unknown, or could be taken for
// another.
HttpBodyEnd BodyEndOf(const HttpRequest& request);
// `method`: of the request.
HttpBodyEnd BodyEndOf(const HttpResponse& response, const std::string& method);

// Throws: also HttpError (413) if it is longer than `limit`: before it reads
// any of it, if it is said before.
Coro<std::string> ReadBody(Stream& stream, HttpBodyEnd end, std::size_t limit);

// Whether the connection can be used for another message behind this one.
template <class Message>
bool KeepsAlive(const Message& message) {
  return message.minor >= 1 ? !message.fields.Lists("connection", "close")
                            : message.fields.Lists("connection", "keep-alive");
}

// The message as bytes, with its body, and its Content-Length unless it says
// itself where it ends, or (of a response) there can be none.
std::string Serialized(const HttpRequest& request);
// `head_only`: the answer to HEAD, which has the length but not the body.
std::string Serialized(const HttpResponse& response, bool head_only = false);

}  // namespace rondo

#endif  // RONDO_TESTS_EXAMPLES_HTTP_MESSAGE_H_
