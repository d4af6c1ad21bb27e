#include "rondo/tests/examples/http_client.h"

#include <optional>

#include "absl/cleanup/cleanup.h"
#include "rondo/runtime/errors.h"

namespace rondo {
namespace {

// The value of the Host field.
std::string HostAndPort(const std::string& host, std::uint16_t port) {
  const bool six = host.find(':') != std::string::npos;
  return (six ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace

Coro<HttpClient> HttpClient::Connect(std::string host, std::uint16_t port,
                                     HttpLimits limits) {
  const std::string name = HostAndPort(host, port);
  Stream stream = co_await OpenConnection(std::move(host), port, limits.head);
  co_return HttpClient(std::move(stream), name, limits);
}

Coro<HttpClient> HttpClient::Connect(std::string host, std::uint16_t port,
                                     TlsOptions tls, HttpLimits limits) {
  const std::string name = HostAndPort(host, port);
  Stream stream = co_await OpenConnection(std::move(host), port, std::move(tls),
                                          limits.head);
  co_return HttpClient(std::move(stream), name, limits);
}

Coro<HttpResponse> HttpClient::Send(HttpRequest request) {
  if (busy_) throw RuntimeError("an HttpClient has one request at a time");
  if (!is_open())
    throw RuntimeError("the connection to " + host_ + " is closed");
  busy_ = true;
  bool good = false;
  const absl::Cleanup end = [this, &good] {
    busy_ = false;
    if (!good) stream_.Close();
  };
  HttpResponse response = co_await Exchange(std::move(request));
  good = KeepsAlive(response);
  co_return response;
}

Coro<HttpResponse> HttpClient::Exchange(HttpRequest request) {
  if (request.fields.Find("host") == nullptr) {
    request.fields.Add("Host", host_);
  }
  const std::string bytes = Serialized(request);
  co_await stream_.WriteAll(bytes);
  for (;;) {
    std::optional<HttpResponse> response =
        co_await ReadResponseHead(stream_, limits_.head);
    if (!response.has_value()) {
      throw HttpError(400, host_ +
                               " has closed the connection without an "
                               "answer to " +
                               request.method + " " + request.target);
    }
    if (response->status == 101) {
      throw HttpError(400, host_ + " goes over to another protocol, unasked");
    }
    if (response->status < 200) continue;  // It is only the beginning.
    const HttpBodyEnd end = BodyEndOf(*response, request.method);
    response->body = co_await ReadBody(stream_, end, limits_.body);
    if (end.kind == HttpBodyEnd::kEndOfStream) stream_.Close();
    co_return *std::move(response);
  }
}

Coro<> HttpClient::Close() {
  stream_.Close();
  co_await stream_.WaitClosed();
}

}  // namespace rondo
