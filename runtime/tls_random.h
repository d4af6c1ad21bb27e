// The random numbers that OpenSSL draws in a simulation.
//
// OpenSSL takes them from the library context that its objects belong to. One
// of the process is set apart for simulations: its generator is whatever
// `Random` this thread has named, and without one it fails, loudly, rather
// than make a run differ from the next.
#ifndef RONDO_RUNTIME_TLS_RANDOM_H_
#define RONDO_RUNTIME_TLS_RANDOM_H_

#include <openssl/types.h>

#include "rondo/runtime/random.h"

namespace rondo::internal {

// The one set apart. Thread-safety: any thread. Throws: TlsError.
OSSL_LIB_CTX* SimulatedOpenSsl();

// As long as it lives, `random` is what this thread's calls of OpenSSL draw
// from, if their objects are of SimulatedOpenSsl. Null changes nothing.
class TlsRandomScope {
 public:
  explicit TlsRandomScope(Random* random);
  TlsRandomScope(const TlsRandomScope&) = delete;
  TlsRandomScope& operator=(const TlsRandomScope&) = delete;
  ~TlsRandomScope();

 private:
  Random* previous_;
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_TLS_RANDOM_H_
