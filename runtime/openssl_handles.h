// Owners of OpenSSL's objects.
#ifndef RONDO_RUNTIME_OPENSSL_HANDLES_H_
#define RONDO_RUNTIME_OPENSSL_HANDLES_H_

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

namespace rondo::internal {

template <auto kFree>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using BioHandle = std::unique_ptr<BIO, FreeWith<&BIO_free>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, FreeWith<&EVP_PKEY_free>>;
using SslContextHandle = std::unique_ptr<SSL_CTX, FreeWith<&SSL_CTX_free>>;
using SslHandle = std::unique_ptr<SSL, FreeWith<&SSL_free>>;
using SslSessionHandle =
    std::unique_ptr<SSL_SESSION, FreeWith<&SSL_SESSION_free>>;
using X509Handle = std::unique_ptr<X509, FreeWith<&X509_free>>;

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_OPENSSL_HANDLES_H_
