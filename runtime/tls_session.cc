#include "rondo/runtime/tls_session.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <ctime>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/tls_random.h"

namespace rondo::internal {
namespace {

const std::shared_ptr<const TlsContext>& NotNull(
    const std::shared_ptr<const TlsContext>& context) {
  if (context == nullptr) throw ValueError("TLS needs a TlsContext");
  return context;
}

std::optional<SeededRandom> RandomOf(const LoopCore* core) {
  if (!core->seams.driven) return std::nullopt;
  if (core->seams.random == nullptr) {
    throw RuntimeError(
        "TLS in a simulation needs random numbers: the loop "
        "has no Random");
  }
  return SeededRandom(core->seams.random->Next());
}

int Clip(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

}  // namespace

TlsSession::TlsSession(LoopCore* core,
                       std::shared_ptr<const TlsContext> context,
                       std::string server_hostname,
                       std::shared_ptr<TlsTickets> tickets)
    : random_(RandomOf(core)),
      connection_(NotNull(context), core->seams.driven) {
  connection_.server_hostname = std::move(server_hostname);
  connection_.tickets = std::move(tickets);
  const SslContextHandle made =
      connection_.own->NewReference(connection_.simulated);
  const TlsRandomScope scope(random());
  ERR_clear_error();
  ssl_.reset(SSL_new(made.get()));
  if (ssl_ == nullptr) throw TakeTlsError("cannot begin a TLS connection");
  BIO* const bio = NewBio(&wire_).release();
  SSL_set_bio(ssl_.get(), bio, bio);  // It is the SSL's now.
  SSL_set_app_data(ssl_.get(), &connection_);
  // The loop's time, not the machine's.
  X509_VERIFY_PARAM_set_time(
      SSL_get0_param(ssl_.get()),
      static_cast<std::time_t>(
          std::chrono::floor<std::chrono::seconds>(core->seams.clock->WallNow())
              .count()));
  if (is_server()) {
    SSL_set_accept_state(ssl_.get());
  } else {
    AskForName();
    OfferTicket();
    SSL_set_connect_state(ssl_.get());
  }
}

void TlsSession::AskForName() {
  const bool check = connection_.own->settings().check_hostname &&
                     SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE;
  if (connection_.server_hostname.empty()) {
    if (!check) return;
    throw ValueError(
        "the TlsContext checks the server's name: give a "
        "server_hostname, or switch check_hostname off");
  }
  X509_VERIFY_PARAM* const param = SSL_get0_param(ssl_.get());
  const char* const name = connection_.server_hostname.c_str();
  // A numeric address is neither sent as a name nor compared as one.
  if (ASN1_OCTET_STRING* const ip = a2i_IPADDRESS(name)) {
    ASN1_OCTET_STRING_free(ip);
    if (!check || X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1) return;
  } else if (SSL_set_tlsext_host_name(ssl_.get(), name) == 1) {
    X509_VERIFY_PARAM_set_hostflags(param,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (!check || SSL_set1_host(ssl_.get(), name) == 1) return;
  }
  throw TakeTlsError("cannot ask for the server name \"" +
                     connection_.server_hostname + "\"");
}

void TlsSession::OfferTicket() {
  if (connection_.tickets == nullptr) return;
  const SslSessionHandle ticket = connection_.tickets->Take(
      connection_.own.get(), connection_.server_hostname);
  // One that has run out is not offered.
  if (ticket != nullptr) SSL_set_session(ssl_.get(), ticket.get());
}

// ---- Calls

bool TlsSession::WantsMore(int result, const char* call) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    return true;
  }
  if (error == SSL_ERROR_ZERO_RETURN) return false;
  throw TakeTlsError(call);
}

bool TlsSession::Handshake() {
  const TlsRandomScope scope(random());
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return true;
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    return false;
  }
  ThrowHandshakeError();
}

void TlsSession::ThrowHandshakeError() {
  if (connection_.error != nullptr) std::rethrow_exception(connection_.error);
  std::string what = "TLS handshake";
  if (!connection_.server_hostname.empty()) {
    what += " with " + connection_.server_hostname;
  }
  const TlsError error = TakeTlsError(what);
  const long verified = SSL_get_verify_result(ssl_.get());
  if (verified == X509_V_OK) throw error;
  what += ": ";
  what += X509_verify_cert_error_string(verified);
  if (!connection_.refused.empty()) what += ": " + connection_.refused;
  throw CertificateVerificationError(
      what, static_cast<unsigned int>(error.code().value()),
      connection_.server_hostname, static_cast<int>(verified));
}

std::size_t TlsSession::Write(std::span<const char> data) {
  const TlsRandomScope scope(random());
  std::size_t written = 0;
  while (written < data.size()) {
    ERR_clear_error();
    const int result = SSL_write(ssl_.get(), data.data() + written,
                                 Clip(data.size() - written));
    if (result <= 0) {
      if (WantsMore(result, "TLS write")) break;
      throw TlsError("TLS write after the end", 0);
    }
    written += static_cast<std::size_t>(result);
  }
  return written;
}

std::optional<std::size_t> TlsSession::Read(std::span<char> buffer) {
  const TlsRandomScope scope(random());
  ERR_clear_error();
  const int result = SSL_read(ssl_.get(), buffer.data(), Clip(buffer.size()));
  if (result > 0) return static_cast<std::size_t>(result);
  if (WantsMore(result, "TLS read")) return std::nullopt;
  return 0;
}

void TlsSession::SendCloseNotify() {
  if ((SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0) return;
  const TlsRandomScope scope(random());
  ERR_clear_error();
  const int result = SSL_shutdown(ssl_.get());
  if (result < 0) WantsMore(result, "TLS shutdown");
}

bool TlsSession::Shutdown() {
  SendCloseNotify();
  const TlsRandomScope scope(random());
  ERR_clear_error();
  const int result = SSL_shutdown(ssl_.get());
  if (result == 1) return true;
  return !WantsMore(result, "TLS shutdown");
}

// ---- What is known

bool TlsSession::close_notify_received() const {
  return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

}  // namespace rondo::internal
