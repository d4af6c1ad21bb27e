// Pipes from elsewhere: the program's own standard input and output, FIFOs,
// what another library has opened.
//
//   rondo::Connection in = co_await rondo::ConnectReadPipe(
//       [] { return std::make_shared<Lines>(); }, rondo::Socket(STDIN_FILENO));
//
// The descriptor becomes the loop's: non-blocking (which everybody sees who
// shares it), and closed at the end, or when this fails.
//
// Returns when the protocol has its transport (transport.h). The end that reads
// is told of the other one's end by EofReceived and then ConnectionLost. The
// one that writes loses its connection when nobody reads any more: by an error
// (EPIPE) if something was not written yet.
//
// Throws: ValueError for a plain file, which is never ready, and for a device
// like /dev/null; std::system_error; RuntimeError without a running loop or
// network; what the factory throws.
// Cancellation: at once; the descriptor is closed.
// Source: asyncio connect_read_pipe, connect_write_pipe.
#ifndef RONDO_RUNTIME_PIPES_H_
#define RONDO_RUNTIME_PIPES_H_

#include "rondo/runtime/connections.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/sockets.h"

namespace rondo {

Coro<Connection> ConnectReadPipe(ProtocolFactory factory, Socket pipe);
Coro<Connection> ConnectWritePipe(ProtocolFactory factory, Socket pipe);

}  // namespace rondo

#endif  // RONDO_RUNTIME_PIPES_H_
