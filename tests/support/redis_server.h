// A redis-server of a test's own.
#ifndef RONDO_TESTS_SUPPORT_REDIS_SERVER_H_
#define RONDO_TESTS_SUPPORT_REDIS_SERVER_H_

#include <csignal>
#include <cstdint>
#include <memory>

#include "rondo/tests/support/peer_process.h"
#include "rondo/tests/support/test_certificates.h"

namespace rondo {

// Keeps nothing on disk; listens on 127.0.0.1. Its TLS asks for no certificate
// of the client's.
class RedisServer {
 public:
  RedisServer();
  // Over TLS only.
  explicit RedisServer(const TestIdentity& identity);

  std::uint16_t port() const { return port_; }
  // At once: its connections are reset, or end, as the kernel likes.
  void Kill() { process_->Signal(SIGKILL); }
  // Lets nothing happen until Resume.
  void Pause() { process_->Pause(); }
  void Resume() { process_->Resume(); }

 private:
  std::uint16_t port_ = 0;
  std::unique_ptr<PeerProcess> process_;
};

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_REDIS_SERVER_H_
