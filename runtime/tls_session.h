// TlsSession: one connection's state of OpenSSL, between two memory buffers.
//
// Bytes of the wire go in by Feed and come out by outgoing; everything else
// returns at once. What it draws is the loop's in a simulation, and so is the
// time at which certificates are to be valid, everywhere.
//
// Source: ssl.SSLObject with two ssl.MemoryBIOs.
#ifndef RONDO_RUNTIME_TLS_SESSION_H_
#define RONDO_RUNTIME_TLS_SESSION_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "rondo/runtime/loop_core.h"
#include "rondo/runtime/openssl_handles.h"
#include "rondo/runtime/seeded_random.h"
#include "rondo/runtime/tls_context.h"
#include "rondo/runtime/tls_error.h"

namespace rondo {

// What is known of a connection once its handshake is over.
struct TlsInfo {
  TlsInfo() = default;

  std::string version;      // "TLSv1.3"
  std::string cipher;       // "TLS_AES_256_GCM_SHA384"
  std::string alpn;         // What was agreed on; empty: nothing.
  std::string server_name;  // What the client has asked for (SNI), or empty.
  // Of the peer's certificate, empty if it has shown none: itself in PEM, and
  // its subject ("CN = example.org").
  std::string peer_certificate;
  std::string peer_subject;
  // Whether the peer has said that it sends no more. If it has not, and yet
  // the end was read, somebody may have cut the connection.
  bool close_notify_received = false;
};

namespace internal {

class TlsSession {
 public:
  // `server_hostname`: clients only; empty: no name is sent, or checked.
  // Throws: ValueError if the context is to check a name and there is none;
  // TlsError.
  TlsSession(LoopCore* core, std::shared_ptr<const TlsContext> context,
             std::string server_hostname);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // ---- All of these throw TlsError; then there may be an alert to be sent.

  // False: needs more from the peer. Throws: also CertificateVerificationError
  // and what TlsSettings::choose has thrown.
  bool Handshake();
  // How many bytes were taken: fewer than given if it needs more from the peer.
  std::size_t Write(std::span<const char> data);
  // How many bytes were put into `buffer`; 0: the peer sends no more; no value:
  // needs more from the peer.
  std::optional<std::size_t> Read(std::span<char> buffer);
  // Says that nothing more is sent. False: the peer has not said so yet.
  bool Shutdown();

  // ---- The wire.

  void Feed(std::span<const char> data);
  std::size_t incoming_size() const { return BIO_pending(incoming_); }
  std::size_t outgoing_size() const { return BIO_pending(outgoing_); }
  // Valid until the next call of anything else.
  std::span<const char> outgoing() const;
  void ClearOutgoing() { BIO_reset(outgoing_); }

  bool is_server() const { return contexts_.own->is_server(); }
  bool close_notify_received() const;
  // REQUIRES: the handshake is over.
  TlsInfo Info() const;

 private:
  void AskForName();
  [[noreturn]] void ThrowHandshakeError();
  // Whether the call that returned `result` needs more from the peer. Throws:
  // TlsError if it has failed.
  bool WantsMore(int result, const char* call);
  Random* random() { return random_.has_value() ? &*random_ : nullptr; }

  // Of a simulation: seeded by the loop's, so that how much OpenSSL draws
  // shifts nothing else.
  std::optional<SeededRandom> random_;
  TlsContexts contexts_;
  const std::string server_hostname_;
  SslHandle ssl_;
  BIO* incoming_ = nullptr;  // The SSL's.
  BIO* outgoing_ = nullptr;
};

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_TLS_SESSION_H_
