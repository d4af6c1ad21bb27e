// TlsContext: what one side of TLS connections brings and asks for.
//
//   rondo::TlsSettings settings;
//   settings.certificate_file = "server.pem";
//   settings.key_file = "server.key";
//   auto context = rondo::TlsContext::Server(settings);
//
// A client asks the server for a certificate of its host name, signed by one
// of the system's authorities, unless it is told otherwise; a server asks for
// none. TLS 1.2 is the least.
//
// A context is immutable: any number of connections, loops and threads may
// share it. Files are read once, when it is made. Nobody can ask for new keys
// in the middle of a connection (renegotiation), and nothing is compressed.
// Source: ssl.SSLContext, ssl.create_default_context.
#ifndef RONDO_RUNTIME_TLS_CONTEXT_H_
#define RONDO_RUNTIME_TLS_CONTEXT_H_

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rondo/runtime/openssl_handles.h"

namespace rondo {

class TlsContext;
class TlsTickets;

namespace internal {

class TlsKeyLog;

// One connection, for OpenSSL's callbacks, which look for it behind
// SSL_get_app_data.
struct TlsConnection {
  TlsConnection(std::shared_ptr<const TlsContext> own, bool simulated)
      : own(std::move(own)), simulated(simulated) {}

  const std::shared_ptr<const TlsContext> own;
  std::shared_ptr<const TlsContext> chosen;  // By TlsSettings::choose.
  std::exception_ptr error;                  // What that has thrown.
  std::string refused;  // The peer's certificate that is not good, in words.
  // Clients.
  std::string server_hostname;
  std::shared_ptr<TlsTickets> tickets;  // May be null.
  const bool simulated;
};

}  // namespace internal

enum class TlsVersion { kTls10, kTls11, kTls12, kTls13 };

// Whether the peer must have a certificate, may have one, or is not asked. One
// that it has must be good.
enum class TlsVerify { kNone, kOptional, kRequired };

struct TlsSettings {
  TlsSettings() = default;

  // ---- What it brings: its certificate, with those that signed it behind,
  // and its key; each a file or a text in PEM. A server must have them.

  std::string certificate_file;
  std::string certificate_pem;
  std::string key_file;  // Neither this nor the text: with the certificate.
  std::string key_pem;
  std::string key_password;  // If the key is encrypted.

  // ---- What it asks for.

  // Not given: clients kRequired, servers kNone. (A server sends its
  // certificate in any case: for clients, kOptional is kRequired.)
  std::optional<TlsVerify> verify;
  // Clients: the certificate must be one of the host's name or address.
  bool check_hostname = true;
  // Whom it trusts: a file and a text with certificates, and a directory of
  // files named by hash (openssl rehash).
  std::string ca_file;
  std::string ca_pem;
  std::string ca_directory;
  // Also the system's authorities. Not given: if none of the above is.
  std::optional<bool> system_ca;

  // ---- How it talks.

  TlsVersion min_version = TlsVersion::kTls12;
  std::optional<TlsVersion> max_version;
  // OpenSSL's lists, for TLS up to 1.2 and from 1.3 on; empty: its own.
  std::string ciphers;
  std::string ciphersuites;
  // Protocols for ALPN, the best first. A server takes the first of its own
  // that the client offers; if there is none, there is none.
  std::vector<std::string> alpn;
  // Servers: whose certificate a client that asks for this name is shown; null:
  // this one's. What it throws ends the handshake. Called on the loop's thread.
  std::function<std::shared_ptr<const TlsContext>(const std::string& name)>
      choose;

  // ---- Who may look on.

  // A file to which the keys of all connections are appended, so that programs
  // like Wireshark can read what they say; not in a simulation. Empty: what
  // the environment calls SSLKEYLOGFILE, if it is set.
  std::string key_log_file;
};

class TlsContext {
 public:
  // Throws: TlsError with the setting, the file, and OpenSSL's reasons;
  // std::system_error for a file that cannot be read, or written; ValueError
  // for an empty one, and for settings that contradict each other.
  static std::shared_ptr<const TlsContext> Client(TlsSettings settings = {});
  static std::shared_ptr<const TlsContext> Server(TlsSettings settings);

  // For Client and Server.
  TlsContext(bool server, TlsSettings settings);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  bool is_server() const { return server_; }
  const TlsSettings& settings() const { return settings_; }

  // A new reference to OpenSSL's object, which this must outlive. In a
  // simulation it is one of its own for every connection: keys remember how
  // often they were used.
  internal::SslContextHandle NewReference(bool simulated) const;

  // Null: there is none.
  internal::TlsKeyLog* key_log() const { return key_log_.get(); }

 private:
  internal::SslContextHandle Build(OSSL_LIB_CTX* library) const;

  const bool server_;
  TlsSettings settings_;
  std::shared_ptr<internal::TlsKeyLog> key_log_;
  internal::SslContextHandle real_;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_TLS_CONTEXT_H_
