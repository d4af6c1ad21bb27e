// A server of HTTP/1.1: try `curl http://127.0.0.1:8080/`.
//
//   http_server [PORT [CERTIFICATE KEY]]
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
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

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

rondo::Coro<rondo::HttpServer> Start(std::vector<std::string> arguments) {
  const int port = arguments.empty() ? 8080 : std::atoi(arguments[0].c_str());
  const auto number = static_cast<std::uint16_t>(port);
  if (arguments.size() < 3) {
    return rondo::StartHttpServer(Answer, "127.0.0.1", number);
  }
  rondo::TlsSettings settings;
  settings.certificate_file = arguments[1];
  settings.key_file = arguments[2];
  settings.alpn = {"http/1.1"};
  return rondo::StartHttpServer(
      Answer, "127.0.0.1", number,
      rondo::TlsOptions(rondo::TlsContext::Server(settings)));
}

rondo::Coro<> Serve(std::vector<std::string> arguments) {
  rondo::Event stop;
  for (const int signal : {SIGTERM, SIGINT}) {
    rondo::AddSignalHandler(signal, [&stop] { stop.Set(); });
  }
  rondo::HttpServer server = co_await Start(std::move(arguments));
  std::cout << "listening on 127.0.0.1:" << server.port() << std::endl;
  co_await stop.Wait();
  co_await server.Stop(10s);
  std::cout << "stopped" << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  rondo::Run(Serve(std::vector<std::string>(argv + 1, argv + argc)));
}
