// HttpClient: one connection to a server of HTTP/1.1, kept alive.
//
//   rondo::HttpClient client =
//       co_await rondo::HttpClient::Connect("example.org", 80);
//   rondo::HttpResponse page = co_await client.Get("/");
//
// One request at a time. A connection that the server closes behind a response
// is used no more: is_open() is false, and the next request fails.
//
// Throws: HttpError for what is no response (http_message.h); RuntimeError for
// a second request at a time, and on a connection that is closed;
// std::system_error with what the connection was lost by.
// Cancellation: at once. Half of an exchange cannot be told from the next one,
// so that the connection is closed, as behind every error.
#ifndef RONDO_TESTS_EXAMPLES_HTTP_CLIENT_H_
#define RONDO_TESTS_EXAMPLES_HTTP_CLIENT_H_

#include <cstdint>
#include <string>
#include <utility>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/tls.h"
#include "rondo/tests/examples/http_message.h"

namespace rondo {

class HttpClient {
 public:
  // Throws: as OpenConnection.
  static Coro<HttpClient> Connect(std::string host, std::uint16_t port,
                                  HttpLimits limits = {});
  static Coro<HttpClient> Connect(std::string host, std::uint16_t port,
                                  TlsOptions tls, HttpLimits limits = {});

  // On a stream that is connected to `host`.
  HttpClient(Stream stream, std::string host, HttpLimits limits)
      : stream_(std::move(stream)), host_(std::move(host)), limits_(limits) {}

  // `target`: the path. The client must live until the response is there.
  Coro<HttpResponse> Get(std::string target) {
    return Send(HttpRequest("GET", std::move(target)));
  }
  Coro<HttpResponse> Head(std::string target) {
    return Send(HttpRequest("HEAD", std::move(target)));
  }
  // With a Host field, and the body's length, unless they are there.
  Coro<HttpResponse> Send(HttpRequest request);

  bool is_open() const { return stream_.is_open(); }
  // Throws: what the connection was lost by.
  Coro<> Close();

 private:
  Coro<HttpResponse> Exchange(HttpRequest request);

  Stream stream_;
  std::string host_;
  HttpLimits limits_;
  bool busy_ = false;
};

}  // namespace rondo

#endif  // RONDO_TESTS_EXAMPLES_HTTP_CLIENT_H_
