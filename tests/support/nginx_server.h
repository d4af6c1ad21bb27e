// An nginx of a test's own.
#ifndef RONDO_TESTS_SUPPORT_NGINX_SERVER_H_
#define RONDO_TESTS_SUPPORT_NGINX_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "rondo/tests/support/peer_process.h"
#include "rondo/tests/support/test_certificates.h"

namespace rondo {

// Listens on 127.0.0.1, for TLS if it has an identity.
//
//   /...           the files of Put
//   /chunked/...   the same, in chunks: nginx does not know how long they are
//   /drop          ends the connection without an answer
class NginxServer {
 public:
  NginxServer() : NginxServer(nullptr) {}
  explicit NginxServer(const TestIdentity& identity) : NginxServer(&identity) {}

  std::uint16_t port() const { return port_; }
  // "http://127.0.0.1:PORT", or https.
  std::string url() const;
  // Makes a file; `name` has no directory.
  void Put(const std::string& name, const std::string& content);

 private:
  explicit NginxServer(const TestIdentity* identity);

  const std::string directory_;
  const bool tls_;
  std::uint16_t port_ = 0;
  std::unique_ptr<PeerProcess> process_;
};

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_NGINX_SERVER_H_
