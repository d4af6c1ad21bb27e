#include "rondo/runtime/tls_certificate.h"

#include <arpa/inet.h>
#include <openssl/asn1.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <new>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rondo/runtime/openssl_handles.h"

namespace rondo::internal {
namespace {

// What `print` writes into a BIO.
template <class Print>
std::string Printed(Print print) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr) throw std::bad_alloc();
  print(bio.get());
  const char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string NameText(const X509_NAME* name) {
  return Printed([name](BIO* bio) {
    X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  });
}

std::string BytesOf(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string AddressText(const std::string& bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
  if (bytes.size() != 4 && bytes.size() != 16) return "";
  inet_ntop(family, bytes.data(), text.data(), text.size());
  return text.data();
}

}  // namespace

std::string PemOf(X509* certificate) {
  return Printed(
      [certificate](BIO* bio) { PEM_write_bio_X509(bio, certificate); });
}

std::string SubjectOf(X509* certificate) {
  return NameText(X509_get_subject_name(certificate));
}

std::string IssuerOf(X509* certificate) {
  return NameText(X509_get_issuer_name(certificate));
}

std::vector<std::string> HostsOf(X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, FreeWith<&GENERAL_NAMES_free>> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(
          certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> hosts;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) {
      hosts.push_back(absl::CHexEscape(BytesOf(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      hosts.push_back(AddressText(BytesOf(name->d.iPAddress)));
    }
  }
  return hosts;
}

std::string SerialNumberOf(X509* certificate) {
  return Printed([certificate](BIO* bio) {
    i2a_ASN1_INTEGER(bio, X509_get0_serialNumber(certificate));
  });
}

std::string TextOf(const ASN1_TIME* time) {
  return Printed([time](BIO* bio) { ASN1_TIME_print(bio, time); });
}

std::string DescribeCertificate(X509* certificate) {
  std::string text =
      absl::StrCat("certificate \"", SubjectOf(certificate), "\"");
  const std::vector<std::string> hosts = HostsOf(certificate);
  if (!hosts.empty())
    absl::StrAppend(&text, " for ", absl::StrJoin(hosts, ", "));
  return absl::StrCat(text, ", signed by \"", IssuerOf(certificate), "\"");
}

}  // namespace rondo::internal
