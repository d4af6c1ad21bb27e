#include "rondo/tests/support/test_certificates.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <cstdint>

#include "rondo/runtime/tls_error.h"
#include "rondo/runtime/tls_random.h"

namespace rondo {
namespace {

using internal::BioHandle;
using internal::KeyHandle;
using internal::SimulatedOpenSsl;
using internal::TlsRandomScope;
using internal::X509Handle;

void Require(bool ok, const char* what) {
  if (!ok) throw internal::TakeTlsError(what);
}

std::uint64_t SeedOf(const std::string& name) {
  std::uint64_t seed = 0;
  for (const char c : name) {
    seed = seed * 31 + static_cast<unsigned char>(c);
  }
  return seed;
}

KeyHandle NewKey(TestKey kind) {
  OSSL_LIB_CTX* const library = SimulatedOpenSsl();
  KeyHandle key(
      kind == TestKey::kEc
          ? EVP_PKEY_Q_keygen(library, nullptr, "EC", "P-256")
          : EVP_PKEY_Q_keygen(library, nullptr, "RSA", std::size_t{2048}));
  Require(key != nullptr, "cannot make a key");
  return key;
}

std::string TextOf(BIO* bio) {
  const char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

TestIdentity InPem(X509* certificate, EVP_PKEY* key) {
  TestIdentity identity;
  const BioHandle first(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_X509(first.get(), certificate) == 1, "certificate");
  identity.certificate = TextOf(first.get());
  const BioHandle second(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_PrivateKey(second.get(), key, nullptr, nullptr, 0,
                                   nullptr, nullptr) == 1,
          "key");
  identity.key = TextOf(second.get());
  return identity;
}

void SetCommonName(X509_NAME* name, const std::string& text) {
  Require(
      X509_NAME_add_entry_by_txt(
          name, "CN", MBSTRING_UTF8,
          reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0) == 1,
      "name");
}

void AddExtension(X509* certificate, int kind, const std::string& value) {
  X509_EXTENSION* const extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  Require(extension != nullptr, value.c_str());
  const int added = X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  Require(added == 1, value.c_str());
}

bool IsNumeric(const std::string& name) {
  ASN1_OCTET_STRING* const address = a2i_IPADDRESS(name.c_str());
  if (address == nullptr) return false;
  ASN1_OCTET_STRING_free(address);
  return true;
}

}  // namespace

TestAuthority::TestAuthority(const std::string& name)
    : random_(SeedOf(name)), name_(name) {
  Certify(this);
}

TestAuthority::TestAuthority(const std::string& name, TestAuthority& parent)
    : random_(SeedOf(name)), name_(name) {
  parent.Certify(this);
}

void TestAuthority::Certify(TestAuthority* authority) {
  const TlsRandomScope scope(&authority->random_);
  authority->key_ = NewKey(TestKey::kEc);
  EVP_PKEY* const key = authority->key_.get();
  const X509Handle certificate = NewCertificate(authority->name_, key, {});
  AddExtension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate.get(), NID_key_usage, "critical,keyCertSign");
  Sign(certificate.get());
  authority->self_ = InPem(certificate.get(), key);
}

TestIdentity TestAuthority::Issue(const std::vector<std::string>& names,
                                  TestValidity validity, TestKey kind) {
  const TlsRandomScope scope(&random_);
  const KeyHandle key = NewKey(kind);
  const X509Handle certificate =
      NewCertificate(names.at(0), key.get(), validity);
  std::string alternatives;
  for (const std::string& name : names) {
    if (!alternatives.empty()) alternatives += ",";
    alternatives += (IsNumeric(name) ? "IP:" : "DNS:") + name;
  }
  AddExtension(certificate.get(), NID_subject_alt_name, alternatives);
  Sign(certificate.get());
  return InPem(certificate.get(), key.get());
}

X509Handle TestAuthority::NewCertificate(const std::string& subject,
                                         EVP_PKEY* key, TestValidity validity) {
  X509Handle made(X509_new_ex(SimulatedOpenSsl(), nullptr));
  X509* const certificate = made.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial_);
  ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate), validity.from);
  ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), validity.until);
  SetCommonName(X509_get_subject_name(certificate), subject);
  SetCommonName(X509_get_issuer_name(certificate), name_);
  Require(X509_set_pubkey(certificate, key) == 1, "public key");
  return made;
}

void TestAuthority::Sign(X509* certificate) {
  Require(X509_sign(certificate, key_.get(), EVP_sha256()) > 0, "signature");
}

}  // namespace rondo
