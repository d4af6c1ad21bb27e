// TlsWire: the bytes of a TLS connection between OpenSSL and a transport, as a
// BIO. (OpenSSL's own in memory clears all it has ever held whenever it is
// emptied.)
#ifndef RONDO_RUNTIME_TLS_WIRE_H_
#define RONDO_RUNTIME_TLS_WIRE_H_

#include "rondo/runtime/byte_queue.h"
#include "rondo/runtime/openssl_handles.h"

namespace rondo::internal {

struct TlsWire {
  TlsWire() = default;
  TlsWire(const TlsWire&) = delete;
  TlsWire& operator=(const TlsWire&) = delete;

  ByteQueue incoming;  // From the peer.
  ByteQueue outgoing;
};

// Reads and writes `wire`, which must outlive it. Throws: TlsError.
BioHandle NewBio(TlsWire* wire);

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_TLS_WIRE_H_
