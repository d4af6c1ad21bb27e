// What tests of TLS begin with: an authority, and contexts of either side that
// know it.
#ifndef RONDO_TESTS_RUNTIME_TLS_FIXTURES_H_
#define RONDO_TESTS_RUNTIME_TLS_FIXTURES_H_

#include <memory>
#include <string>
#include <utility>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/tls_context.h"
#include "rondo/runtime/tls_protocol.h"
#include "rondo/tests/support/test_certificates.h"

namespace rondo {

inline TestAuthority& Authority() {
  static TestAuthority authority("rondo test CA");
  return authority;
}

// Of "localhost" and the addresses that tests use.
inline const TestIdentity& LocalIdentity() {
  static const TestIdentity identity =
      Authority().Issue({"localhost", "127.0.0.1"});
  return identity;
}

// With that identity.
inline TlsSettings ServerSettings() {
  TlsSettings settings;
  settings.certificate_pem = LocalIdentity().certificate;
  settings.key_pem = LocalIdentity().key;
  return settings;
}

// Trusts the authority.
inline TlsSettings ClientSettings() {
  TlsSettings settings;
  settings.ca_pem = Authority().certificate();
  return settings;
}

inline TlsOptions ServerTls(TlsSettings settings = ServerSettings()) {
  return TlsOptions(TlsContext::Server(std::move(settings)));
}
inline TlsOptions ClientTls(TlsSettings settings = ClientSettings()) {
  return TlsOptions(TlsContext::Client(std::move(settings)));
}

}  // namespace rondo

#endif  // RONDO_TESTS_RUNTIME_TLS_FIXTURES_H_
