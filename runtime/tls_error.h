// What goes wrong with TLS.
//
// Both are std::system_errors, as ssl.SSLError is an OSError: whoever catches
// the errors of connections catches these.
#ifndef RONDO_RUNTIME_TLS_ERROR_H_
#define RONDO_RUNTIME_TLS_ERROR_H_

#include <string>
#include <system_error>

namespace rondo {

// Of codes that are OpenSSL's.
const std::error_category& TlsCategory();

// what(): what was done, with what (a file, a peer), and OpenSSL's reasons.
class TlsError : public std::system_error {
 public:
  TlsError(const std::string& what, unsigned long code)
      : std::system_error(static_cast<int>(code), TlsCategory(), what) {}

  // OpenSSL's reason for the first thing that went wrong: "no start line".
  std::string reason() const { return code().message(); }
};

// The peer's certificate is not to be trusted, or is another host's.
class CertificateVerificationError : public TlsError {
 public:
  CertificateVerificationError(const std::string& what, unsigned long code,
                               std::string host, int verify_code);

  // Whose certificate it was to be; empty if no name was asked for.
  const std::string& host() const { return host_; }
  // OpenSSL's X509_V_ERR_ code, and what it says: "certificate has expired".
  int verify_code() const { return verify_code_; }
  std::string verify_message() const;

 private:
  std::string host_;
  int verify_code_;
};

namespace internal {

// The error that OpenSSL's queue of this thread tells of, which is emptied.
TlsError TakeTlsError(const std::string& what);

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_TLS_ERROR_H_
