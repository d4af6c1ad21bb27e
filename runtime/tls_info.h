// TlsInfo: what is known of a TLS connection.
#ifndef RONDO_RUNTIME_TLS_INFO_H_
#define RONDO_RUNTIME_TLS_INFO_H_

#include <openssl/types.h>

#include <string>
#include <vector>

namespace rondo {

// Source: ssl.SSLObject: version, cipher, selected_alpn_protocol, getpeercert,
// session_reused. (There is never compression.)
struct TlsInfo {
  TlsInfo() = default;

  std::string version;      // "TLSv1.3"
  std::string cipher;       // "TLS_AES_256_GCM_SHA384"
  int cipher_bits = 0;      // The length of its key.
  std::string alpn;         // What was agreed on; empty: nothing.
  std::string server_name;  // What the client has asked for (SNI), or empty.
  // A ticket was taken: the two know each other (tls_tickets.h).
  bool resumed = false;

  // ---- The peer's certificate; all empty if it has shown none.

  std::string peer_certificate;         // In PEM.
  std::string peer_subject;             // "CN = example.org"
  std::string peer_issuer;              // "CN = Some CA"
  std::vector<std::string> peer_hosts;  // Names and numeric addresses.
  std::string peer_serial_number;       // "0A1B"
  std::string peer_valid_from;          // "Jan  1 00:00:00 1990 GMT"
  std::string peer_valid_until;

  // Whether the peer has said that it sends no more. If it has not, and yet
  // the end was read, somebody may have cut the connection.
  bool close_notify_received = false;
};

namespace internal {

// REQUIRES: the handshake is over.
TlsInfo DescribeTls(const SSL* ssl);

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_TLS_INFO_H_
