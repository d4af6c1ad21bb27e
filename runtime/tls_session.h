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
#include "rondo/runtime/tls_info.h"
#include "rondo/runtime/tls_tickets.h"
#include "rondo/runtime/tls_wire.h"

namespace rondo::internal {

class TlsSession {
 public:
  // `server_hostname` and `tickets`: clients only. The one may be empty: no
  // name is sent, or checked; the other null.
  // Throws: ValueError if the context is to check a name and there is none;
  // TlsError.
  TlsSession(LoopCore* core, std::shared_ptr<const TlsContext> context,
             std::string server_hostname,
             std::shared_ptr<TlsTickets> tickets = nullptr);
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
  // Says that nothing more is sent.
  void SendCloseNotify();
  // The same. False: the peer has not said so yet.
  bool Shutdown();

  // ---- The wire.

  void Feed(std::span<const char> data) { wire_.incoming.Append(data); }
  std::size_t incoming_size() const { return wire_.incoming.size(); }
  std::size_t outgoing_size() const { return wire_.outgoing.size(); }
  // Valid until the next call of anything else.
  std::span<const char> outgoing() const { return wire_.outgoing.data(); }
  void ClearOutgoing() { wire_.outgoing.Clear(); }

  bool is_server() const { return connection_.own->is_server(); }
  bool close_notify_received() const;
  const std::shared_ptr<const TlsContext>& context() const {
    return connection_.own;
  }
  // REQUIRES: the handshake is over.
  TlsInfo Info() const { return DescribeTls(ssl_.get()); }

 private:
  void AskForName();
  void OfferTicket();
  [[noreturn]] void ThrowHandshakeError();
  // Whether the call that returned `result` needs more from the peer. Throws:
  // TlsError if it has failed.
  bool WantsMore(int result, const char* call);
  Random* random() { return random_.has_value() ? &*random_ : nullptr; }

  // Of a simulation: seeded by the loop's, so that how much OpenSSL draws
  // shifts nothing else.
  std::optional<SeededRandom> random_;
  TlsConnection connection_;
  TlsWire wire_;
  SslHandle ssl_;
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_TLS_SESSION_H_
