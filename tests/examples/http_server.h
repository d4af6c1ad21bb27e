// HttpServer: HTTP/1.1, for handlers that are coroutines.
//
//   rondo::HttpServer server = co_await rondo::StartHttpServer(
//       [](rondo::HttpRequest request) -> rondo::Coro<rondo::HttpResponse> {
//         co_return rondo::HttpResponse(200, "hello\n");
//       },
//       "127.0.0.1", 8080);
//   co_await server.Stop(10s);
//
// Connections are kept alive; what is pipelined is answered in its order, one
// request at a time. The body is there when the handler is called; who expects
// "100-continue" is told to go on, if the body is not too long. HEAD is given
// the length, not the body; each response has a Date.
//
// A request that is wrong is answered with its error (400, 413, 417, 431, 501,
// 505), and the connection closed once the peer has had time to read that. One
// that does not come in time closes the connection, with 408 if it had begun;
// who does not read the response in time is cut off. What a handler throws is
// 500, and is reported to the loop's exception handler.
#ifndef RONDO_TESTS_EXAMPLES_HTTP_SERVER_H_
#define RONDO_TESTS_EXAMPLES_HTTP_SERVER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/tls.h"
#include "rondo/tests/examples/http_message.h"

namespace rondo {

using HttpHandler = std::function<Coro<HttpResponse>(HttpRequest)>;

struct HttpServerOptions {
  HttpLimits limits = {};
  // Until the next request's head is there, and then its body; until the
  // client has read enough of the response for the rest to be buffered.
  Nanoseconds head_timeout = std::chrono::seconds(60);
  Nanoseconds body_timeout = std::chrono::seconds(300);
  Nanoseconds write_timeout = std::chrono::seconds(300);
};

class HttpServer {
 public:
  std::uint16_t port() const;

  // Listens no more, closes connections that wait for a request, lets the
  // others end with their response; after `grace` aborts those that are left.
  // Returns when there is none.
  Coro<> Stop(Nanoseconds grace);

  // Of StartHttpServer.
  class Sessions;
  HttpServer(Server server, std::shared_ptr<Sessions> sessions)
      : server_(std::move(server)), sessions_(std::move(sessions)) {}

 private:
  Server server_;
  std::shared_ptr<Sessions> sessions_;
};

// Throw: as StartServer.
Coro<HttpServer> StartHttpServer(HttpHandler handler, std::string host,
                                 std::uint16_t port,
                                 HttpServerOptions options = {});
Coro<HttpServer> StartHttpServer(HttpHandler handler, std::string host,
                                 std::uint16_t port, TlsOptions tls,
                                 HttpServerOptions options = {});

}  // namespace rondo

#endif  // RONDO_TESTS_EXAMPLES_HTTP_SERVER_H_
