// CurlMulti: libcurl's transfers, driven by the loop.
//
//   rondo::CurlMulti curl;
//   rondo::CurlResponse page = co_await curl.Fetch("https://example.org/");
//
// How a library with sockets and timers of its own joins a loop: it says what
// to watch (AddReader, AddWriter) and when to call it (CallLater), and is told
// what is ready. Any number of transfers go on at once, on connections that
// libcurl keeps and shares.
//
// Only in the real world: libcurl's sockets are the kernel's.
// Thread-safety: the loop's thread.
// Source: https://curl.se/libcurl/c/libcurl-multi.html, the multi_socket
// interface.
#ifndef RONDO_TESTS_EXAMPLES_CURL_MULTI_H_
#define RONDO_TESTS_EXAMPLES_CURL_MULTI_H_

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/coro.h"

namespace rondo {

// libcurl's, with the URL: "http://127.0.0.1:1/: Couldn't connect to server".
class CurlError : public std::runtime_error {
 public:
  CurlError(int code, const std::string& message)
      : std::runtime_error(message), code_(code) {}

  int code() const { return code_; }  // A CURLcode.

 private:
  int code_;
};

struct CurlResponse {
  CurlResponse() = default;
  CurlResponse(long s, std::string b) : status(s), body(std::move(b)) {}

  long status = 0;
  std::string body;
};

struct CurlOptions {
  CurlOptions() = default;

  Nanoseconds timeout = std::chrono::seconds(300);  // Of a whole transfer.
  long max_connections = 0;  // To one host; 0: as many as there are transfers.
  std::string ca_file;       // Whom it trusts; empty: libcurl's own.
};

class CurlMulti {
 public:
  // Of the running loop. Throws: RuntimeError without one; CurlError.
  explicit CurlMulti(CurlOptions options = {});
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;
  // Closes all connections. REQUIRES: no transfer goes on.
  ~CurlMulti();

  // Throws: CurlError if there is no response; one with status 404 is one.
  // Cancellation: at once; the connection is closed.
  Coro<CurlResponse> Fetch(std::string url);

  // How many transfers go on, and how often libcurl's timer was due.
  std::size_t transfers() const;
  std::size_t timeouts() const;

 private:
  class Core;

  std::shared_ptr<Core> core_;
};

}  // namespace rondo

#endif  // RONDO_TESTS_EXAMPLES_CURL_MULTI_H_
