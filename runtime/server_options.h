// How a server listens.
#ifndef RONDO_RUNTIME_SERVER_OPTIONS_H_
#define RONDO_RUNTIME_SERVER_OPTIONS_H_

#include <cstddef>
#include <optional>

#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/stream_reader.h"

namespace rondo {

struct ServerOptions {
  // How many connections may wait to be accepted.
  int backlog = 100;
  // An address may be bound again while old connections of it linger; several
  // sockets may be bound to it, of one or more processes.
  bool reuse_address = true;
  bool reuse_port = false;
  bool keep_alive = false;
  // Whether to listen at once, or to wait for StartServing.
  bool start_serving = true;
  // Of the streams (stream_reader.h).
  std::size_t limit = StreamReader::kDefaultLimit;
  // Of which family the addresses are to be that are bound.
  std::optional<AddressFamily> family = std::nullopt;
  // Whether the file of a Unix socket goes when it is closed.
  bool cleanup_socket = true;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_SERVER_OPTIONS_H_
