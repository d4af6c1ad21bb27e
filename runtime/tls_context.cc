#include "rondo/runtime/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/seeded_random.h"
#include "rondo/runtime/tls_certificate.h"
#include "rondo/runtime/tls_error.h"
#include "rondo/runtime/tls_key_log.h"
#include "rondo/runtime/tls_random.h"
#include "rondo/runtime/tls_tickets.h"

namespace rondo {
namespace internal {
namespace {

int Number(TlsVersion version) {
  switch (version) {
    case TlsVersion::kTls10:
      return TLS1_VERSION;
    case TlsVersion::kTls11:
      return TLS1_1_VERSION;
    case TlsVersion::kTls12:
      return TLS1_2_VERSION;
    case TlsVersion::kTls13:
      return TLS1_3_VERSION;
  }
  throw ValueError("there is no such TlsVersion");
}

bool IsDirectory(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

// The text that is given, or the file's.
void ReadInto(std::string* pem, const std::string& file, const char* what) {
  if (file.empty()) return;
  if (!pem->empty()) {
    throw ValueError(std::string(what) + " is given as a file, " + file +
                     ", and as a text: give one");
  }
  std::ifstream stream(file, std::ios::binary);
  const int error = IsDirectory(file) ? EISDIR : errno;
  const std::string where = std::string(what) + " from " + file;
  if (!stream || error == EISDIR) {
    throw std::system_error(error, std::generic_category(),
                            "cannot read " + where);
  }
  pem->assign(std::istreambuf_iterator<char>(stream), {});
  if (pem->empty()) throw ValueError("cannot read " + where + ": it is empty");
}

BioHandle Reader(const std::string& text) {
  return BioHandle(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

int GivePassword(char* buffer, int size, int, void* argument) {
  const auto& password = *static_cast<const std::string*>(argument);
  if (password.empty() || password.size() > static_cast<std::size_t>(size)) {
    return -1;  // Never asks the terminal.
  }
  password.copy(buffer, password.size());
  return static_cast<int>(password.size());
}

// The certificates of a PEM text, one or more. `where`: a file, for errors.
std::vector<X509Handle> ParseCertificates(OSSL_LIB_CTX* library,
                                          const std::string& pem,
                                          const std::string& what) {
  std::vector<X509Handle> result;
  const BioHandle reader = Reader(pem);
  for (;;) {
    X509Handle certificate(X509_new_ex(library, nullptr));
    X509* raw = certificate.get();
    if (PEM_read_bio_X509(reader.get(), &raw, nullptr, nullptr) == nullptr) {
      (void)certificate.release();  // It has been freed, unless it is empty.
      if (raw != nullptr) X509_free(raw);
      break;
    }
    result.push_back(std::move(certificate));
  }
  const unsigned long end = ERR_peek_last_error();
  if (result.empty() || ERR_GET_REASON(end) != PEM_R_NO_START_LINE) {
    throw TakeTlsError("cannot read " + what);
  }
  ERR_clear_error();
  return result;
}

std::string From(const char* what, const std::string& file) {
  return std::string(what) + (file.empty() ? "" : " from " + file);
}

void Require(int result, const std::string& what) {
  if (result != 1) throw TakeTlsError(what);
}

void UseCertificate(SSL_CTX* context, OSSL_LIB_CTX* library,
                    const TlsSettings& s) {
  const std::string what = From("the certificate chain", s.certificate_file);
  const std::vector<X509Handle> chain =
      ParseCertificates(library, s.certificate_pem, what);
  Require(SSL_CTX_use_certificate(context, chain.front().get()),
          "cannot use " + what);
  for (std::size_t i = 1; i < chain.size(); ++i) {
    Require(static_cast<int>(SSL_CTX_add1_chain_cert(context, chain[i].get())),
            "cannot use " + what);
  }
  const std::string& file = s.key_pem.empty() ? s.certificate_file : s.key_file;
  const std::string key = From("the private key", file);
  const BioHandle reader =
      Reader(s.key_pem.empty() ? s.certificate_pem : s.key_pem);
  const KeyHandle parsed(PEM_read_bio_PrivateKey_ex(
      reader.get(), nullptr, &GivePassword,
      const_cast<std::string*>(&s.key_password), library, nullptr));
  if (parsed == nullptr) throw TakeTlsError("cannot read " + key);
  Require(SSL_CTX_use_PrivateKey(context, parsed.get()),
          "cannot use " + key + " with " + what);
  Require(SSL_CTX_check_private_key(context), key + " is not that of " + what);
}

void Trust(SSL_CTX* context, OSSL_LIB_CTX* library, const TlsSettings& s,
           bool server) {
  if (!s.ca_pem.empty()) {
    const std::string what = From("the CA certificates", s.ca_file);
    for (const X509Handle& ca : ParseCertificates(library, s.ca_pem, what)) {
      Require(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get()),
              "cannot trust " + what);
      // Whose certificates a client may show.
      if (server) SSL_CTX_add_client_CA(context, ca.get());
    }
  }
  if (!s.ca_directory.empty()) {
    if (!IsDirectory(s.ca_directory)) {
      throw std::system_error(ENOTDIR, std::generic_category(),
                              "cannot use the CA directory " + s.ca_directory);
    }
    Require(SSL_CTX_load_verify_dir(context, s.ca_directory.c_str()),
            "cannot use the CA directory " + s.ca_directory);
  }
  const bool none = s.ca_pem.empty() && s.ca_directory.empty();
  if (s.system_ca.value_or(none)) {
    Require(SSL_CTX_set_default_verify_paths(context),
            "cannot use the system's CA certificates");
  }
}

int VerifyMode(const TlsSettings& s, bool server) {
  switch (s.verify.value_or(server ? TlsVerify::kNone : TlsVerify::kRequired)) {
    case TlsVerify::kNone:
      return SSL_VERIFY_NONE;
    case TlsVerify::kOptional:
      return SSL_VERIFY_PEER;
    case TlsVerify::kRequired:
      return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  throw ValueError("there is no such TlsVerify");
}

// ---- Callbacks of OpenSSL's

// Null: a connection of somebody else's.
TlsConnection* ConnectionOf(const SSL* ssl) {
  return static_cast<TlsConnection*>(SSL_get_app_data(ssl));
}

// Notes which certificate is not good, for the error.
int NoteRefusal(int ok, X509_STORE_CTX* store) {
  if (ok == 1) return ok;
  const auto* const ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  TlsConnection* const connection = ConnectionOf(ssl);
  X509* const certificate = X509_STORE_CTX_get_current_cert(store);
  if (connection != nullptr && certificate != nullptr) {
    connection->refused = DescribeCertificate(certificate);
  }
  return ok;
}

// A server has sent a ticket: 1 keeps it.
int KeepTicket(SSL* ssl, SSL_SESSION* session) {
  TlsConnection* const connection = ConnectionOf(ssl);
  if (connection == nullptr || connection->tickets == nullptr ||
      connection->simulated || SSL_SESSION_is_resumable(session) != 1) {
    return 0;
  }
  connection->tickets->Put(connection->own, connection->server_hostname,
                           SslSessionHandle(session));
  return 1;
}

void LogKeys(const SSL* ssl, const char* line) {
  const auto* const context = static_cast<const TlsContext*>(
      SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  context->key_log()->Add(line);
}

// ---- ALPN and names

// As the protocol has them: each behind its length.
std::string WireNames(const std::vector<std::string>& names) {
  std::string wire;
  for (const std::string& name : names) {
    if (name.empty() || name.size() > 255) {
      throw ValueError("a protocol for ALPN has 1 to 255 bytes: \"" + name +
                       "\"");
    }
    wire += static_cast<char>(name.size());
    wire += name;
  }
  return wire;
}

int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* in, unsigned in_size, void* argument) {
  const auto& context = *static_cast<const TlsContext*>(argument);
  for (const std::string& name : context.settings().alpn) {
    for (unsigned at = 0; at < in_size; at += 1u + in[at]) {
      const std::string_view offered(reinterpret_cast<const char*>(in) + at + 1,
                                     in[at]);
      if (offered != name) continue;
      *out = in + at + 1;
      *out_size = in[at];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_NOACK;
}

int ChooseContext(SSL* ssl, int*, void*) {
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  TlsConnection& connection = *ConnectionOf(ssl);
  try {
    connection.chosen = connection.own->settings().choose(name);
    if (connection.chosen == nullptr) return SSL_TLSEXT_ERR_OK;
    // The connection takes a reference of its own.
    const SslContextHandle made =
        connection.chosen->NewReference(connection.simulated);
    if (SSL_set_SSL_CTX(ssl, made.get()) != nullptr) return SSL_TLSEXT_ERR_OK;
  } catch (...) {  // tidy: allow(catch-all) thrown again above OpenSSL
    connection.error = std::current_exception();
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void TalkAs(SSL_CTX* context, const TlsContext& self) {
  const TlsSettings& s = self.settings();
  Require(SSL_CTX_set_min_proto_version(context, Number(s.min_version)),
          "cannot set the minimum version");
  if (s.max_version.has_value()) {
    Require(SSL_CTX_set_max_proto_version(context, Number(*s.max_version)),
            "cannot set the maximum version");
  }
  if (!s.ciphers.empty()) {
    Require(SSL_CTX_set_cipher_list(context, s.ciphers.c_str()),
            "cannot use the ciphers \"" + s.ciphers + "\"");
  }
  if (!s.ciphersuites.empty()) {
    Require(SSL_CTX_set_ciphersuites(context, s.ciphersuites.c_str()),
            "cannot use the ciphersuites \"" + s.ciphersuites + "\"");
  }
  const std::string names = WireNames(s.alpn);
  if (self.is_server()) {
    if (!names.empty()) {
      SSL_CTX_set_alpn_select_cb(context, &ChooseProtocol,
                                 const_cast<TlsContext*>(&self));
    }
    if (s.choose != nullptr) {
      SSL_CTX_set_tlsext_servername_callback(context, &ChooseContext);
    }
  } else if (!names.empty()) {
    // This one returns 0 for success.
    Require(SSL_CTX_set_alpn_protos(
                context, reinterpret_cast<const unsigned char*>(names.data()),
                static_cast<unsigned>(names.size())) == 0,
            "cannot offer the protocols for ALPN");
  }
}

}  // namespace
}  // namespace internal

std::shared_ptr<const TlsContext> TlsContext::Client(TlsSettings settings) {
  return std::make_shared<const TlsContext>(false, std::move(settings));
}

std::shared_ptr<const TlsContext> TlsContext::Server(TlsSettings settings) {
  return std::make_shared<const TlsContext>(true, std::move(settings));
}

TlsContext::TlsContext(bool server, TlsSettings settings)
    : server_(server), settings_(std::move(settings)) {
  TlsSettings& s = settings_;
  internal::ReadInto(&s.certificate_pem, s.certificate_file,
                     "the certificate chain");
  internal::ReadInto(&s.key_pem, s.key_file, "the private key");
  internal::ReadInto(&s.ca_pem, s.ca_file, "the CA certificates");
  if (server && s.certificate_pem.empty()) {
    throw ValueError("a server's TlsContext needs a certificate");
  }
  if (s.certificate_pem.empty() && !s.key_pem.empty()) {
    throw ValueError("a private key is given without its certificate");
  }
  if (s.max_version.has_value() && *s.max_version < s.min_version) {
    throw ValueError("max_version is below min_version");
  }
  if (const char* const file = std::getenv("SSLKEYLOGFILE");
      s.key_log_file.empty() && file != nullptr) {
    s.key_log_file = file;
  }
  if (!s.key_log_file.empty()) {
    key_log_ = std::make_shared<internal::TlsKeyLog>(s.key_log_file);
  }
  real_ = Build(nullptr);
  if (key_log_ != nullptr) {
    SSL_CTX_set_app_data(real_.get(), this);
    SSL_CTX_set_keylog_callback(real_.get(), &internal::LogKeys);
  }
}

internal::SslContextHandle TlsContext::NewReference(bool simulated) const {
  if (simulated) {
    // The keys of its tickets, which there are none of, are drawn.
    SeededRandom random(0);
    const internal::TlsRandomScope scope(&random);
    internal::SslContextHandle context = Build(internal::SimulatedOpenSsl());
    // Tickets hold the machine's time.
    SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context.get(), 0);
    return context;
  }
  SSL_CTX_up_ref(real_.get());
  return internal::SslContextHandle(real_.get());
}

internal::SslContextHandle TlsContext::Build(OSSL_LIB_CTX* library) const {
  ERR_clear_error();
  internal::SslContextHandle made(SSL_CTX_new_ex(
      library, nullptr, server_ ? TLS_server_method() : TLS_client_method()));
  if (made == nullptr) throw internal::TakeTlsError("cannot make a context");
  SSL_CTX* const context = made.get();
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  // Sessions are resumed by tickets: servers know none, clients keep theirs.
  SSL_CTX_set_session_cache_mode(
      context, server_ ? SSL_SESS_CACHE_OFF
                       : SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  if (!server_) SSL_CTX_sess_set_new_cb(context, &internal::KeepTicket);
  static constexpr unsigned char kSessionContext[] = "rondo";
  SSL_CTX_set_session_id_context(context, kSessionContext,
                                 sizeof(kSessionContext) - 1);
  internal::TalkAs(context, *this);
  if (!settings_.certificate_pem.empty()) {
    internal::UseCertificate(context, library, settings_);
  }
  const int mode = internal::VerifyMode(settings_, server_);
  SSL_CTX_set_verify(
      context, mode,
      mode == SSL_VERIFY_NONE ? nullptr : &internal::NoteRefusal);
  if (mode != SSL_VERIFY_NONE) {
    internal::Trust(context, library, settings_, server_);
  }
  return made;
}

}  // namespace rondo
