// Peers for tests of real connections: threads whose sockets block, with
// OpenSSL's own way of using sockets. None of it is rondo's.
//
//   PeerServer server([](BlockingSocket& socket) {
//     socket.StartTls(context);
//     EXPECT_EQ(socket.ReceiveAll(4), "ping");
//     socket.Send("pong");
//   });
//   ... OpenConnection("127.0.0.1", server.port(), tls) ...
//
// What a peer throws fails the test.
// Source: the socket utilities of CPython's test_ssl.py.
#ifndef RONDO_TESTS_SUPPORT_BLOCKING_PEER_H_
#define RONDO_TESTS_SUPPORT_BLOCKING_PEER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "rondo/runtime/openssl_handles.h"
#include "rondo/runtime/tls_context.h"

namespace rondo {

// Of one that is written to, or read from, which the other end has left.
class PeerGone : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Throws, all: PeerGone; std::system_error; TlsError.
class BlockingSocket {
 public:
  // Takes over a connected socket. A call that takes half a minute fails.
  explicit BlockingSocket(int fd);
  // Connects to 127.0.0.1.
  static BlockingSocket Connect(std::uint16_t port);
  BlockingSocket(const BlockingSocket&) = delete;
  BlockingSocket& operator=(const BlockingSocket&) = delete;
  ~BlockingSocket() { Close(); }

  // At most `n` bytes; empty at the end.
  std::string Receive(std::size_t n);
  std::string ReceiveAll(std::size_t n);
  void Send(std::string_view data);

  // Does the handshake; from then on the others are TLS, or TLS within TLS. The
  // side is the context's.
  void StartTls(std::shared_ptr<const TlsContext> context);
  // Says that nothing more is sent, and waits until the peer has said so.
  void Unwrap();
  // Says so, and waits for nothing.
  void SendCloseNotify();

  // Below TLS.
  void SendRaw(std::string_view data);
  void ShutdownSend();
  void Close();

 private:
  int fd_;
  std::vector<std::shared_ptr<const TlsContext>> contexts_;
  internal::SslHandle outer_;  // If there is TLS within TLS.
  internal::SslHandle ssl_;
};

using PeerProgram = std::function<void(BlockingSocket&)>;

// A server that serves so many clients, one after another, and is waited for
// when it dies.
class PeerServer {
 public:
  explicit PeerServer(PeerProgram program, int clients = 1);
  PeerServer(const PeerServer&) = delete;
  PeerServer& operator=(const PeerServer&) = delete;
  ~PeerServer();

  std::uint16_t port() const { return port_; }

 private:
  void Serve(const PeerProgram& program, int clients) const;

  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

// A client of a server on 127.0.0.1, which is waited for when it dies.
class PeerClient {
 public:
  PeerClient(std::uint16_t port, PeerProgram program);
  PeerClient(const PeerClient&) = delete;
  PeerClient& operator=(const PeerClient&) = delete;
  ~PeerClient() { thread_.join(); }

 private:
  std::thread thread_;
};

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_BLOCKING_PEER_H_
