// A message that keeps its boundaries, as it waits to be received.
#ifndef RONDO_SIMNET_DATAGRAM_H_
#define RONDO_SIMNET_DATAGRAM_H_

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/socket_types.h"

namespace rondo::internal {

struct Datagram {
  std::string data;
  SocketAddress from;
  std::size_t charge = 0;  // Against a buffer.

  // Gives it to a program: what fits into `buffer`, the rest is lost. `sender`
  // and `truncated` may be null.
  SysResult Give(std::span<char> buffer, SocketAddress* sender,
                 bool* truncated) const {
    const std::size_t size = std::min(buffer.size(), data.size());
    std::copy_n(data.begin(), size, buffer.begin());
    if (sender != nullptr) *sender = from;
    if (truncated != nullptr) *truncated = size < data.size();
    return static_cast<SysResult>(size);
  }
};

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_DATAGRAM_H_
