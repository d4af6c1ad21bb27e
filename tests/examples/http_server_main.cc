// A server of HTTP/1.1: try `curl http://127.0.0.1:8080/`.
//
//   http_server_main [PORT [CERTIFICATE KEY]]
//
//   GET /          "hello"
//   GET /bytes/N   N bytes
//   POST /echo     what was posted
//
// SIGTERM and SIGINT stop it: requests that have begun are answered, for up to
// ten seconds.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <iostream>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "rondo/runtime/event.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/signals.h"
#include "rondo/tests/examples/http_server.h"

namespace {

using namespace std::chrono_literals;

rondo::HttpResponse Bytes(const std::string& number) {
  constexpr int kMost = 16 * 1024 * 1024;
  int size = 0;
  if (!absl::SimpleAtoi(number, &size) || size < 0 || size > kMost) {
    return rondo::HttpResponse(400, "not a number up to 16777216\n");
  }
  return rondo::HttpResponse(200, std::string(size, 'r'));
}

rondo::Coro<rondo::HttpResponse> Answer(rondo::HttpRequest request) {
  const std::string bytes = "/bytes/";
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (request.target == "/echo" && request.method == "POST") {
    co_return rondo::HttpResponse(200, std::move(request.body));
  }
  if (!reads) co_return rondo::HttpResponse(405, "GET, HEAD, POST /echo\n");
  if (request.target == "/") co_return rondo::HttpResponse(200, "hello\n");
  if (request.target.starts_with(bytes)) {
    co_return Bytes(request.target.substr(bytes.size()));
  }
  co_return rondo::HttpResponse(404, "there is no " + request.target + "\n");
}

struct Arguments {
  Arguments() = default;

  int port = 8080;
  std::string certificate;  // Empty: no TLS.
  std::string key;
};

rondo::Coro<rondo::HttpServer> Start(const Arguments& arguments) {
  const auto port = static_cast<std::uint16_t>(arguments.port);
  if (arguments.certificate.empty()) {
    return rondo::StartHttpServer(Answer, "127.0.0.1", port);
  }
  rondo::TlsSettings settings;
  settings.certificate_file = arguments.certificate;
  settings.key_file = arguments.key;
  settings.alpn = {"http/1.1"};
  return rondo::StartHttpServer(
      Answer, "127.0.0.1", port,
      rondo::TlsOptions(rondo::TlsContext::Server(settings)));
}

rondo::Coro<> Serve(Arguments arguments) {
  rondo::Event stop;
  for (const int signal : {SIGTERM, SIGINT}) {
    rondo::AddSignalHandler(signal, [&stop] { stop.Set(); });
  }
  rondo::HttpServer server = co_await Start(arguments);
  std::cout << "listening on 127.0.0.1:" << server.port() << std::endl;
  co_await stop.Wait();
  co_await server.Stop(10s);
  std::cout << "stopped" << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  bool good = argc == 1 || argc == 2 || argc == 4;
  if (good && argc > 1) {
    good = absl::SimpleAtoi(argv[1], &arguments.port) && arguments.port >= 0 &&
           arguments.port <= 65535;
  }
  if (!good) {
    std::cerr << "usage: http_server_main [PORT [CERTIFICATE KEY]]\n";
    return 2;
  }
  if (argc == 4) {
    arguments.certificate = argv[2];
    arguments.key = argv[3];
  }
  rondo::Run(Serve(std::move(arguments)));
}
