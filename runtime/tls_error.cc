#include "rondo/runtime/tls_error.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <cstring>
#include <utility>

namespace rondo {
namespace {

std::string ReasonOf(unsigned long code) {
  if (code == 0) return "no reason given";
  if (ERR_SYSTEM_ERROR(code)) {
    return std::generic_category().message(ERR_GET_REASON(code));
  }
  const char* const reason = ERR_reason_error_string(code);
  if (reason != nullptr) return reason;
  char text[256];
  ERR_error_string_n(code, text, sizeof(text));
  return text;
}

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "tls"; }
  std::string message(int code) const override {
    return ReasonOf(static_cast<unsigned int>(code));
  }
};

}  // namespace

const std::error_category& TlsCategory() {
  static const Category category;
  return category;
}

CertificateVerificationError::CertificateVerificationError(
    const std::string& what, unsigned long code, std::string host,
    int verify_code)
    : TlsError(what, code), host_(std::move(host)), verify_code_(verify_code) {}

std::string CertificateVerificationError::verify_message() const {
  return X509_verify_cert_error_string(verify_code_);
}

namespace internal {

TlsError TakeTlsError(const std::string& what) {
  std::string text = what;
  const unsigned long first = ERR_get_error();
  const char* data = nullptr;
  int flags = 0;
  // The first one's reason is put behind it by TlsError.
  while (const unsigned long code =
             ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    const std::string reason = ReasonOf(code);
    if (code == first || text.find(reason) != std::string::npos) continue;
    text += ": " + reason;
    if ((flags & ERR_TXT_STRING) != 0 && std::strlen(data) != 0) {
      text.append(" (").append(data).append(")");
    }
  }
  return TlsError(text, first);
}

}  // namespace internal
}  // namespace rondo
