// Certificates for tests, made when they are needed and the same every time.
//
//   TestAuthority authority("Test CA");
//   TestIdentity server = authority.Issue({"localhost", "127.0.0.1"});
#ifndef RONDO_TESTS_SUPPORT_TEST_CERTIFICATES_H_
#define RONDO_TESTS_SUPPORT_TEST_CERTIFICATES_H_

#include <string>
#include <vector>

#include "rondo/runtime/openssl_handles.h"
#include "rondo/runtime/seeded_random.h"

namespace rondo {

// Both in PEM.
struct TestIdentity {
  TestIdentity() = default;

  std::string certificate;
  std::string key;
};

// When a certificate is valid, as ASN.1 has it. Simulated clocks begin in the
// year 2000.
struct TestValidity {
  const char* from = "19900101000000Z";
  const char* until = "20900101000000Z";
};

enum class TestKey { kEc, kRsa };

class TestAuthority {
 public:
  // The same name gives the same keys.
  explicit TestAuthority(const std::string& name);
  // The same, certified by `parent`.
  TestAuthority(const std::string& name, TestAuthority& parent);

  // Its own certificate.
  const std::string& certificate() const { return self_.certificate; }

  // A certificate of these names and numeric addresses; the first one is also
  // its subject's common name.
  TestIdentity Issue(const std::vector<std::string>& names,
                     TestValidity validity = {}, TestKey kind = TestKey::kEc);

 private:
  void Certify(TestAuthority* authority);
  internal::X509Handle NewCertificate(const std::string& subject, EVP_PKEY* key,
                                      TestValidity validity);
  void Sign(X509* certificate);

  SeededRandom random_;
  const std::string name_;
  internal::KeyHandle key_;
  TestIdentity self_;
  long serial_ = 0;
};

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_TEST_CERTIFICATES_H_
