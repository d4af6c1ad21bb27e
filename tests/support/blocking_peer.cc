#include "rondo/tests/support/blocking_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <exception>
#include <system_error>
#include <utility>

#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/tls_error.h"

namespace rondo {
namespace {

long Check(long result, const char* call) {
  if (result >= 0) return result;
  throw std::system_error(errno, std::generic_category(), call);
}

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int NewSocket() {
  return static_cast<int>(
      Check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
}

// `begin` returns the socket.
template <class F>
void Run(const PeerProgram& program, F begin) {
  try {
    BlockingSocket socket = begin();
    program(socket);
  } catch (const std::exception&) {
    ADD_FAILURE() << "a peer: " << DescribeException(std::current_exception());
  }
}

}  // namespace

BlockingSocket::BlockingSocket(int fd) : fd_(fd) {
  // OpenSSL writes without MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
  const timeval limit = {.tv_sec = 30, .tv_usec = 0};
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    Check(setsockopt(fd, SOL_SOCKET, option, &limit, sizeof(limit)),
          "setsockopt");
  }
}

BlockingSocket BlockingSocket::Connect(std::uint16_t port) {
  const int fd = NewSocket();
  const sockaddr_in address = Loopback(port);
  Check(
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
      "connect");
  return BlockingSocket(fd);
}

std::string BlockingSocket::Receive(std::size_t n) {
  std::string data(n, '\0');
  if (ssl_ == nullptr) {
    data.resize(
        static_cast<std::size_t>(Check(recv(fd_, data.data(), n, 0), "recv")));
    return data;
  }
  int result;
  int error;
  do {  // Within TLS a read may have found another record than one of data.
    ERR_clear_error();
    result = SSL_read(ssl_.get(), data.data(), static_cast<int>(n));
    error = SSL_get_error(ssl_.get(), result);
  } while (error == SSL_ERROR_WANT_READ);
  if (error == SSL_ERROR_SYSCALL) throw PeerGone("SSL_read");
  if (result <= 0 && error != SSL_ERROR_ZERO_RETURN) {
    throw internal::TakeTlsError("SSL_read");
  }
  data.resize(static_cast<std::size_t>(result > 0 ? result : 0));
  return data;
}

std::string BlockingSocket::ReceiveAll(std::size_t n) {
  std::string all;
  while (all.size() < n) {
    const std::string some = Receive(n - all.size());
    if (some.empty()) throw PeerGone("the end was received");
    all += some;
  }
  return all;
}

void BlockingSocket::Send(std::string_view data) {
  if (ssl_ == nullptr) return SendRaw(data);
  while (!data.empty()) {  // It takes a record at a time.
    ERR_clear_error();
    const int result =
        SSL_write(ssl_.get(), data.data(), static_cast<int>(data.size()));
    if (result <= 0) throw internal::TakeTlsError("SSL_write");
    data.remove_prefix(static_cast<std::size_t>(result));
  }
}

void BlockingSocket::SendRaw(std::string_view data) {
  while (!data.empty()) {
    data.remove_prefix(static_cast<std::size_t>(
        Check(send(fd_, data.data(), data.size(), MSG_NOSIGNAL), "send")));
  }
}

void BlockingSocket::StartTls(std::shared_ptr<const TlsContext> context) {
  contexts_.push_back(context);  // Outlives what is made of it.
  outer_ = std::move(ssl_);
  const internal::SslContextHandle made =
      context->NewReference(/*simulated=*/false);
  ssl_.reset(SSL_new(made.get()));
  if (outer_ == nullptr) {
    SSL_set_fd(ssl_.get(), fd_);
  } else {
    BIO* const bio = BIO_new(BIO_f_ssl());
    BIO_set_ssl(bio, outer_.get(), BIO_NOCLOSE);
    SSL_set_bio(ssl_.get(), bio, bio);
  }
  ERR_clear_error();
  const int result =
      context->is_server() ? SSL_accept(ssl_.get()) : SSL_connect(ssl_.get());
  if (result == 1) return;
  if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_SYSCALL) {
    throw PeerGone("a handshake");
  }
  throw internal::TakeTlsError("a handshake");
}

void BlockingSocket::SendCloseNotify() {
  ERR_clear_error();
  if (SSL_shutdown(ssl_.get()) < 0) {
    throw internal::TakeTlsError("SSL_shutdown");
  }
}

void BlockingSocket::Unwrap() {
  ERR_clear_error();
  int result = SSL_shutdown(ssl_.get());
  if (result == 0) result = SSL_shutdown(ssl_.get());
  if (result != 1) throw internal::TakeTlsError("SSL_shutdown");
}

void BlockingSocket::ShutdownSend() {
  Check(shutdown(fd_, SHUT_WR), "shutdown");
}

void BlockingSocket::Close() {
  ssl_.reset();
  outer_.reset();
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

PeerServer::PeerServer(PeerProgram program, int clients)
    : listener_(NewSocket()) {
  sockaddr_in address = Loopback(0);
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  Check(bind(listener_, raw, size), "bind");
  Check(listen(listener_, clients), "listen");
  Check(getsockname(listener_, raw, &size), "getsockname");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this, program = std::move(program), clients] {
    Serve(program, clients);
  });
}

PeerServer::~PeerServer() {
  shutdown(listener_, SHUT_RDWR);  // Nobody else comes.
  thread_.join();
  close(listener_);
}

void PeerServer::Serve(const PeerProgram& program, int clients) const {
  for (int i = 0; i < clients; ++i) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    Run(program, [fd] { return BlockingSocket(fd); });
  }
}

PeerClient::PeerClient(std::uint16_t port, PeerProgram program)
    : thread_([port, program = std::move(program)] {
        Run(program, [port] { return BlockingSocket::Connect(port); });
      }) {}

}  // namespace rondo
