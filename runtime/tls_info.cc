#include "rondo/runtime/tls_info.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "rondo/runtime/openssl_handles.h"
#include "rondo/runtime/tls_certificate.h"

namespace rondo::internal {
namespace {

void DescribePeer(X509* peer, TlsInfo* info) {
  info->peer_certificate = PemOf(peer);
  info->peer_subject = SubjectOf(peer);
  info->peer_issuer = IssuerOf(peer);
  info->peer_hosts = HostsOf(peer);
  info->peer_serial_number = SerialNumberOf(peer);
  info->peer_valid_from = TextOf(X509_get0_notBefore(peer));
  info->peer_valid_until = TextOf(X509_get0_notAfter(peer));
}

}  // namespace

TlsInfo DescribeTls(const SSL* ssl) {
  TlsInfo info;
  info.version = SSL_get_version(ssl);
  info.cipher = SSL_get_cipher_name(ssl);
  info.cipher_bits = SSL_get_cipher_bits(ssl, nullptr);
  const unsigned char* alpn = nullptr;
  unsigned alpn_size = 0;
  SSL_get0_alpn_selected(ssl, &alpn, &alpn_size);
  if (alpn_size > 0) {
    info.alpn.assign(reinterpret_cast<const char*>(alpn), alpn_size);
  }
  if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) {
    info.server_name = name;
  }
  info.resumed = SSL_session_reused(ssl) == 1;
  info.close_notify_received =
      (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
  const X509Handle peer(SSL_get1_peer_certificate(ssl));
  if (peer != nullptr) DescribePeer(peer.get(), &info);
  return info;
}

}  // namespace rondo::internal
