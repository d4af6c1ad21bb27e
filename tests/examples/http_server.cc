#include "rondo/tests/examples/http_server.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <optional>
#include <system_error>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/time/time.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/wait_for.h"

namespace rondo {
namespace {

// What a refused client may still send, and for how long, before a reset
// could take the response away from it.
constexpr std::size_t kLingerBytes = 16 * 1024 * 1024;
constexpr Nanoseconds kLinger = std::chrono::seconds(2);

// As RFC 9110 has it: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string Date() {
  const absl::Time now =
      absl::FromUnixNanos(RunningLoop().seams().clock->WallNow().count());
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", now,
                          absl::UTCTimeZone());
}

Coro<> ReadAway(Stream& stream) {
  std::array<char, 16 * 1024> buffer;
  std::size_t left = kLingerBytes;
  while (const std::size_t n = co_await stream.Read(buffer)) {
    if (n > left) break;
    left -= n;
  }
}

// Ends a connection whose peer may be sending: it is to see the response.
Coro<> Linger(Stream& stream) {
  co_await stream.Drain();
  if (stream.transport().can_write_eof()) stream.WriteEof();
  try {
    co_await WaitFor(ReadAway(stream), kLinger);
  } catch (const TimeoutError&) {
    // It has had its time.
  }
}

}  // namespace

// What the connections of one server share, and which of them wait.
class HttpServer::Sessions {
 public:
  Sessions(HttpHandler handler, const HttpServerOptions& options)
      : handler_(std::move(handler)), options_(options) {}
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  // Serves one connection to its end.
  Coro<> Serve(Stream stream);

  void Stop() {
    stopping_ = true;
    for (Stream* const stream : waiting_) stream->Close();
  }

 private:
  // No value: there is no next request.
  Coro<std::optional<HttpRequest>> NextHead(Stream& stream);
  Coro<> ReceiveBody(Stream& stream, HttpRequest* request);
  Coro<HttpResponse> Answer(HttpRequest request);
  // Returns whether the connection goes on.
  Coro<bool> ServeOne(Stream& stream);
  void Write(Stream& stream, HttpResponse response, bool head_only, bool keep);

  const HttpHandler handler_;
  const HttpServerOptions options_;
  std::vector<Stream*> waiting_;  // For the next request.
  bool stopping_ = false;
};

Coro<> HttpServer::Sessions::Serve(Stream stream) {
  std::optional<HttpResponse> refusal;
  try {
    while (co_await ServeOne(stream)) {
    }
  } catch (const HttpError& error) {
    refusal.emplace(error.status(), std::string(error.what()) + "\n");
  } catch (const TimeoutError&) {
    stream.transport().Abort();  // It does not read.
    co_return;
  } catch (const std::system_error&) {
    co_return;  // The peer has gone; that is its own business.
  }
  try {
    if (refusal.has_value()) {
      Write(stream, *std::move(refusal), /*head_only=*/false, /*keep=*/false);
      co_await Linger(stream);
    }
    stream.Close();
    co_await stream.WaitClosed();
  } catch (const std::system_error&) {
    // The same.
  }
}

Coro<std::optional<HttpRequest>> HttpServer::Sessions::NextHead(
    Stream& stream) {
  if (stopping_) co_return std::nullopt;
  waiting_.push_back(&stream);
  const absl::Cleanup end = [&] { std::erase(waiting_, &stream); };
  try {
    std::optional<HttpRequest> request = co_await WaitFor(
        ReadRequestHead(stream, options_.limits.head), options_.head_timeout);
    co_return request;
  } catch (const TimeoutError&) {
    // What has come of it is in the stream, and who has sent nothing has not
    // asked for anything.
    if (!stream.reader().TakeBuffered().empty()) {
      throw HttpError(408, "the request did not come in time");
    }
  } catch (const HttpError&) {
    if (stream.is_open()) throw;  // Else it was closed by Stop, inside a head.
  }
  co_return std::nullopt;
}

Coro<> HttpServer::Sessions::ReceiveBody(Stream& stream, HttpRequest* request) {
  const HttpBodyEnd end = BodyEndOf(*request);
  // Refuses a body that is too long before the client is told to send it.
  Coro<std::string> body = ReadBody(stream, end, options_.limits.body);
  const std::vector<std::string> expected = request->fields.All("expect");
  if (!expected.empty() && request->minor >= 1) {
    if (!request->fields.Lists("expect", "100-continue")) {
      throw HttpError(417, "Expect: " + expected[0] + " is not understood");
    }
    const std::string go_on = Serialized(HttpResponse(100, ""));
    stream.Write(go_on);
  }
  try {
    request->body = co_await WaitFor(std::move(body), options_.body_timeout);
  } catch (const TimeoutError&) {
    throw HttpError(408, "the request's body did not come in time");
  }
}

Coro<HttpResponse> HttpServer::Sessions::Answer(HttpRequest request) {
  Outcome<HttpResponse> outcome =
      co_await AsOutcome(handler_(std::move(request)));
  if (outcome.ok() || outcome.cancelled()) co_return outcome.Take();
  RunningLoop().CallExceptionHandler(
      {"Unhandled exception in an HttpHandler", outcome.exception(), "http"});
  co_return HttpResponse(500, "internal error\n");
}

Coro<bool> HttpServer::Sessions::ServeOne(Stream& stream) {
  std::optional<HttpRequest> request = co_await NextHead(stream);
  if (!request.has_value()) co_return false;
  if (request->minor >= 1 && request->fields.Find("host") == nullptr) {
    throw HttpError(400, "a request of HTTP/1.1 has no Host");
  }
  co_await ReceiveBody(stream, &*request);
  const bool head_only = request->method == "HEAD";
  const bool wants_more = KeepsAlive(*request);
  HttpResponse response = co_await Answer(*std::move(request));
  const bool keep = wants_more && !stopping_ && KeepsAlive(response);
  Write(stream, std::move(response), head_only, keep);
  co_await WaitFor(stream.Drain(), options_.write_timeout);
  co_return keep;
}

void HttpServer::Sessions::Write(Stream& stream, HttpResponse response,
                                 bool head_only, bool keep) {
  if (response.fields.Find("date") == nullptr) {
    response.fields.Add("Date", Date());
  }
  const std::string then = keep ? "keep-alive" : "close";
  if (!response.fields.Lists("connection", then)) {
    response.fields.Add("Connection", then);
  }
  const std::string bytes = Serialized(response, head_only);
  stream.Write(bytes);
}

std::uint16_t HttpServer::port() const {
  return server_.addresses().at(0).port();
}

Coro<> HttpServer::Stop(Nanoseconds grace) {
  server_.Close();
  sessions_->Stop();
  try {
    co_await WaitFor(server_.WaitClosed(), grace);
    co_return;
  } catch (const TimeoutError&) {
    server_.AbortClients();
  }
  co_await server_.WaitClosed();
}

namespace {

using Sessions = HttpServer::Sessions;

ConnectionHandler HandlerOf(const std::shared_ptr<Sessions>& sessions) {
  return [sessions](Stream stream) -> Coro<> {
    return sessions->Serve(std::move(stream));
  };
}

ServerOptions OptionsOf(const HttpServerOptions& options) {
  ServerOptions result;
  result.limit = options.limits.head;
  result.backlog = 1024;
  return result;
}

}  // namespace

Coro<HttpServer> StartHttpServer(HttpHandler handler, std::string host,
                                 std::uint16_t port,
                                 HttpServerOptions options) {
  const auto sessions = std::make_shared<Sessions>(std::move(handler), options);
  ConnectionHandler serve = HandlerOf(sessions);
  Server server = co_await StartServer(std::move(serve), std::move(host), port,
                                       OptionsOf(options));
  co_return HttpServer(std::move(server), sessions);
}

Coro<HttpServer> StartHttpServer(HttpHandler handler, std::string host,
                                 std::uint16_t port, TlsOptions tls,
                                 HttpServerOptions options) {
  const auto sessions = std::make_shared<Sessions>(std::move(handler), options);
  ConnectionHandler serve = HandlerOf(sessions);
  Server server = co_await StartServer(std::move(serve), std::move(host), port,
                                       std::move(tls), OptionsOf(options));
  co_return HttpServer(std::move(server), sessions);
}

}  // namespace rondo
