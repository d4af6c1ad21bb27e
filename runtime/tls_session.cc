#include "rondo/runtime/tls_session.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <ctime>
#include <new>
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

std::string TextOf(BIO* bio) {
  const char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

}  // namespace

TlsSession::TlsSession(LoopCore* core,
                       std::shared_ptr<const TlsContext> context,
                       std::string server_hostname)
    : random_(RandomOf(core)),
      contexts_(NotNull(context), core->seams.driven),
      server_hostname_(std::move(server_hostname)) {
  const SslContextHandle made =
      contexts_.own->NewReference(contexts_.simulated);
  const TlsRandomScope scope(random());
  ERR_clear_error();
  ssl_.reset(SSL_new(made.get()));
  BioHandle incoming(BIO_new(BIO_s_mem()));
  BioHandle outgoing(BIO_new(BIO_s_mem()));
  if (ssl_ == nullptr || incoming == nullptr || outgoing == nullptr) {
    throw TakeTlsError("cannot begin a TLS connection");
  }
  incoming_ = incoming.release();
  outgoing_ = outgoing.release();
  SSL_set_bio(ssl_.get(), incoming_, outgoing_);
  SSL_set_app_data(ssl_.get(), &contexts_);
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
    SSL_set_connect_state(ssl_.get());
  }
}

void TlsSession::AskForName() {
  const bool check = contexts_.own->settings().check_hostname &&
                     SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE;
  if (server_hostname_.empty()) {
    if (!check) return;
    throw ValueError(
        "the TlsContext checks the server's name: give a "
        "server_hostname, or switch check_hostname off");
  }
  X509_VERIFY_PARAM* const param = SSL_get0_param(ssl_.get());
  const char* const name = server_hostname_.c_str();
  // A numeric address is neither sent as a name nor compared as one.
  if (ASN1_OCTET_STRING* const ip = a2i_IPADDRESS(name)) {
    ASN1_OCTET_STRING_free(ip);
    if (!check || X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1) return;
  } else if (SSL_set_tlsext_host_name(ssl_.get(), name) == 1) {
    X509_VERIFY_PARAM_set_hostflags(param,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (!check || SSL_set1_host(ssl_.get(), name) == 1) return;
  }
  throw TakeTlsError("cannot ask for the server name \"" + server_hostname_ +
                     "\"");
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
  if (contexts_.error != nullptr) std::rethrow_exception(contexts_.error);
  std::string what = "TLS handshake";
  if (!server_hostname_.empty()) what += " with " + server_hostname_;
  const TlsError error = TakeTlsError(what);
  const long verified = SSL_get_verify_result(ssl_.get());
  if (verified == X509_V_OK) throw error;
  what += ": ";
  what += X509_verify_cert_error_string(verified);
  throw CertificateVerificationError(
      what, static_cast<unsigned int>(error.code().value()), server_hostname_,
      static_cast<int>(verified));
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

bool TlsSession::Shutdown() {
  const TlsRandomScope scope(random());
  ERR_clear_error();
  int result = SSL_shutdown(ssl_.get());
  // 0: ours is on its way; whether the peer's is here is a second question.
  if (result == 0) result = SSL_shutdown(ssl_.get());
  if (result == 1) return true;
  return !WantsMore(result, "TLS shutdown");
}

// ---- The wire

void TlsSession::Feed(std::span<const char> data) {
  if (BIO_write(incoming_, data.data(), Clip(data.size())) !=
      static_cast<int>(data.size())) {
    throw std::bad_alloc();
  }
}

std::span<const char> TlsSession::outgoing() const {
  const char* data = nullptr;
  const long size = BIO_get_mem_data(outgoing_, &data);
  return {data, static_cast<std::size_t>(size)};
}

// ---- What is known

bool TlsSession::close_notify_received() const {
  return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

TlsInfo TlsSession::Info() const {
  SSL* const ssl = ssl_.get();
  TlsInfo info;
  info.version = SSL_get_version(ssl);
  info.cipher = SSL_get_cipher_name(ssl);
  const unsigned char* alpn = nullptr;
  unsigned alpn_size = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &alpn_size);
  if (alpn_size > 0) {
    info.alpn.assign(reinterpret_cast<const char*>(alpn), alpn_size);
  }
  if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) {
    info.server_name = name;
  }
  info.close_notify_received = close_notify_received();
  const X509Handle peer(SSL_get1_peer_certificate(ssl));
  if (peer == nullptr) return info;
  const BioHandle pem(BIO_new(BIO_s_mem()));
  const BioHandle subject(BIO_new(BIO_s_mem()));
  if (pem == nullptr || subject == nullptr) throw std::bad_alloc();
  PEM_write_bio_X509(pem.get(), peer.get());
  info.peer_certificate = TextOf(pem.get());
  X509_NAME_print_ex(subject.get(), X509_get_subject_name(peer.get()), 0,
                     XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  info.peer_subject = TextOf(subject.get());
  return info;
}

}  // namespace rondo::internal
