#include "rondo/runtime/tls_context.h"

#include <openssl/pem.h>

#include <fstream>
#include <string>
#include <system_error>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/tls_error.h"
#include "rondo/tests/runtime/tls_fixtures.h"

namespace rondo {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;

// What Server(settings) says is wrong.
std::string Complaint(const TlsSettings& settings) {
  try {
    TlsContext::Server(settings);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

std::string InFile(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + name;
  std::ofstream(path) << text;
  return path;
}

TEST(TlsContextTest, TakesFilesAndTexts) {
  TlsSettings settings;
  settings.certificate_file = InFile(
      "chain.pem", LocalIdentity().certificate + Authority().certificate());
  settings.key_file = InFile("key.pem", LocalIdentity().key);
  EXPECT_EQ(Complaint(settings), "");
  EXPECT_EQ(Complaint(ServerSettings()), "");
  TlsSettings both_in_one;
  both_in_one.certificate_file =
      InFile("both.pem", LocalIdentity().certificate + LocalIdentity().key);
  EXPECT_EQ(Complaint(both_in_one), "");
}

TEST(TlsContextTest, NamesAFileThatIsNotThere) {
  TlsSettings settings;
  settings.certificate_file = "/nowhere/chain.pem";
  EXPECT_EQ(Complaint(settings),
            "cannot read the certificate chain from /nowhere/chain.pem: "
            "No such file or directory");
}

TEST(TlsContextTest, NamesAFileThatIsNoCertificate) {
  TlsSettings settings = ServerSettings();
  settings.certificate_pem.clear();
  settings.certificate_file = InFile("empty.pem", "nothing\n");
  EXPECT_THAT(Complaint(settings),
              AllOf(HasSubstr("cannot read the certificate chain from"),
                    HasSubstr("empty.pem"), EndsWith("no start line")));
}

TEST(TlsContextTest, NamesFilesThatAreEmptyOrDirectories) {
  TlsSettings settings = ServerSettings();
  settings.certificate_pem.clear();
  settings.certificate_file = InFile("none.pem", "");
  EXPECT_THAT(Complaint(settings),
              AllOf(HasSubstr("cannot read the certificate chain from"),
                    EndsWith("none.pem: it is empty")));
  settings.certificate_file = "/tmp";
  EXPECT_EQ(Complaint(settings),
            "cannot read the certificate chain from /tmp: Is a directory");
  settings = ServerSettings();
  settings.verify = TlsVerify::kRequired;
  settings.ca_directory = "/nowhere";
  EXPECT_EQ(Complaint(settings),
            "cannot use the CA directory /nowhere: Not a directory");
}

TEST(TlsContextTest, ADamagedCertificateInTheChainIsAnError) {
  TlsSettings settings = ServerSettings();
  std::string damaged = Authority().certificate();
  damaged[damaged.size() / 2] = '!';
  settings.certificate_pem += damaged;
  EXPECT_THAT(Complaint(settings),
              HasSubstr("cannot read the certificate chain"));
}

TEST(TlsContextTest, RefusesTheKeyOfAnotherCertificate) {
  TlsSettings settings = ServerSettings();
  settings.key_pem = Authority().Issue({"other.test"}).key;
  EXPECT_THAT(Complaint(settings), EndsWith("key values mismatch"));
}

TEST(TlsContextTest, AnEncryptedKeyNeedsItsPassword) {
  const internal::BioHandle in(BIO_new_mem_buf(LocalIdentity().key.data(), -1));
  const internal::KeyHandle key(
      PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  const internal::BioHandle out(BIO_new(BIO_s_mem()));
  std::string password = "open sesame";
  PEM_write_bio_PrivateKey(out.get(), key.get(), EVP_aes_128_cbc(), nullptr, 0,
                           nullptr, password.data());
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  TlsSettings settings = ServerSettings();
  settings.key_pem.assign(data, static_cast<std::size_t>(size));
  EXPECT_THAT(Complaint(settings), HasSubstr("cannot read the private key"));
  settings.key_password = "guess";
  EXPECT_THAT(Complaint(settings), HasSubstr("cannot read the private key"));
  settings.key_password = password;
  EXPECT_EQ(Complaint(settings), "");
}

TEST(TlsContextTest, SaysWhatContradictsItself) {
  EXPECT_THAT(Complaint(TlsSettings()), HasSubstr("needs a certificate"));
  TlsSettings settings = ServerSettings();
  settings.key_file = "key.pem";
  EXPECT_THAT(Complaint(settings), HasSubstr("give one"));
  settings = ServerSettings();
  settings.min_version = TlsVersion::kTls13;
  settings.max_version = TlsVersion::kTls12;
  EXPECT_THAT(Complaint(settings), HasSubstr("below min_version"));
  settings = TlsSettings();
  settings.key_pem = LocalIdentity().key;
  EXPECT_THROW(TlsContext::Client(settings), ValueError);
}

TEST(TlsContextTest, NamesCiphersAndProtocolsThatDoNotExist) {
  TlsSettings settings = ServerSettings();
  settings.ciphers = "ROT13";
  EXPECT_EQ(Complaint(settings),
            "cannot use the ciphers \"ROT13\": no cipher match");
  settings = ServerSettings();
  settings.ciphersuites = "ROT13";
  EXPECT_THAT(Complaint(settings),
              HasSubstr("cannot use the ciphersuites \"ROT13\""));
  settings = ServerSettings();
  settings.alpn = {""};
  EXPECT_THAT(Complaint(settings), HasSubstr("1 to 255 bytes"));
}

TEST(TlsContextTest, NamesAnAuthoritysFileThatIsNone) {
  TlsSettings settings;
  settings.ca_file = InFile("ca.pem", "nothing\n");
  try {
    TlsContext::Client(settings);
    ADD_FAILURE();
  } catch (const TlsError& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("cannot read the CA certificates from"));
    EXPECT_EQ(error.reason(), "no start line");
  }
}

}  // namespace
}  // namespace rondo
