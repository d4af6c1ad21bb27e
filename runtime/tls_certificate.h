// What a certificate says, in words.
#ifndef RONDO_RUNTIME_TLS_CERTIFICATE_H_
#define RONDO_RUNTIME_TLS_CERTIFICATE_H_

#include <openssl/types.h>

#include <string>
#include <vector>

namespace rondo::internal {

std::string PemOf(X509* certificate);
// "CN = example.org"
std::string SubjectOf(X509* certificate);
std::string IssuerOf(X509* certificate);
// Whose it is: host names and numeric addresses, bytes that cannot be printed
// escaped. Source: subjectAltName, of RFC 5280.
std::vector<std::string> HostsOf(X509* certificate);
// In hexadecimal.
std::string SerialNumberOf(X509* certificate);
// "Jan  1 00:00:00 1990 GMT"
std::string TextOf(const ASN1_TIME* time);

// For errors: "certificate "CN = example.org" for example.org, 10.0.0.1, signed
// by "CN = Some CA"".
std::string DescribeCertificate(X509* certificate);

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_TLS_CERTIFICATE_H_
