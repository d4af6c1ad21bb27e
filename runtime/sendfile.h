// SendFile: a file's bytes through a connection, by the kernel where it can,
// and else by reading and writing.
//
//   const int file = open("index.html", O_RDONLY | O_CLOEXEC);
//   std::int64_t n = co_await rondo::SendFile(transport, file);
//   n = co_await rondo::SockSendFile(socket.fd(), file,
//                                    {.offset = 100, .count = 50});
//
// `file` is the descriptor of a regular file, which stays the caller's and must
// be open until the call has ended. What is sent stands at the offset, wherever
// the file's own position is; that is put behind what was sent, as it is sent.
// So also after an error or a cancellation it tells how much that was:
// lseek(file, 0, SEEK_CUR) - offset, if anything was sent.
//
// What is read is read by the loop's default executor. A simulated network
// sends no files, so there it is always read: real bytes of a real file, at a
// time that the schedule gives. A recorded scenario needs the same file again.
//
// Returns how many bytes were sent: fewer than `count` if the file ends before.
// Cancellation: at once; a part was sent.
// Throws: ValueError for an offset below zero, a count that is not positive, or
// what is no regular file; SendfileNotAvailableError; std::system_error.
// Source: asyncio loop.sock_sendfile, loop.sendfile.
#ifndef RONDO_RUNTIME_SENDFILE_H_
#define RONDO_RUNTIME_SENDFILE_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/transport.h"

namespace rondo {

// The kernel cannot send this file, or not to there, and `fallback` is false.
class SendfileNotAvailableError : public RuntimeError {
  using RuntimeError::RuntimeError;
};

struct SendFileOptions {
  // In bytes.
  std::int64_t offset = 0;
  std::optional<std::int64_t> count = std::nullopt;  // No value: to the end.
  // Reads and writes what the kernel cannot send.
  bool fallback = true;
};

// To a connected stream socket that no transport has. Throws: RuntimeError if
// one has.
Coro<std::int64_t> SockSendFile(int fd, int file, SendFileOptions options = {});

// Through the transport of a socket, behind what it has buffered, or through
// one of TLS, for which the kernel never can. What was read and written may
// still be in its buffer when this returns. Of a Stream: writer().transport().
//
// Meanwhile nothing is read from the connection, and its Write, WriteLines and
// WriteEof, and another SendFile, throw RuntimeError. If the connection is lost
// or closed: std::system_error.
// Throws: RuntimeError if the transport is closing, or of another kind.
// Source: differs: asyncio refuses to write only while the kernel sends, and
// does not tell a protocol that writing is paused at the end.
Coro<std::int64_t> SendFile(std::shared_ptr<Transport> transport, int file,
                            SendFileOptions options = {});

}  // namespace rondo

#endif  // RONDO_RUNTIME_SENDFILE_H_
