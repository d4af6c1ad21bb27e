// Stream: a connection, read and written by awaiting.
//
//   rondo::Stream stream = co_await rondo::OpenConnection("n1", 80);
//   co_await stream.WriteAll("ping\n");
//   std::string line = co_await stream.ReadUntil('\n');
//
// A Stream is move-only and closes when it dies. What the peer sends waits in
// the kernel until somebody reads, so a slow reader holds the sender back.
//
// Cancellation: at once. A WriteAll may have sent a part. No Read loses bytes.
// Throws: std::system_error with the call and the peer's address.
// Thread-safety: the loop's thread; one reader and one writer at a time.
// Source: asyncio.StreamReader and StreamWriter, as one object.
#ifndef RONDO_RUNTIME_STREAMS_H_
#define RONDO_RUNTIME_STREAMS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/sockets.h"

namespace rondo {
namespace internal {

class StreamCore;

// Waits until a stream may be read or written, unless it may already.
class StreamReadAwaiter : public FutureAwaiterBase {
 public:
  StreamReadAwaiter(StreamCore* stream, std::span<char> buffer,
                    std::source_location where);
  ~StreamReadAwaiter();

  bool await_ready();
  std::size_t await_resume();

 private:
  friend class StreamCore;

  StreamCore* stream_;
  std::span<char> buffer_;
  SysResult result_ = 0;
};

class [[nodiscard]] StreamReadAwaitable {
 public:
  StreamReadAwaitable(StreamCore* stream, std::span<char> buffer)
      : stream_(stream), buffer_(buffer) {}
  StreamReadAwaiter Await(std::source_location where) const {
    return StreamReadAwaiter(stream_, buffer_, where);
  }

 private:
  StreamCore* stream_;
  std::span<char> buffer_;
};

class StreamWriteAwaiter : public FutureAwaiterBase {
 public:
  StreamWriteAwaiter(StreamCore* stream, std::span<const char> data,
                     std::source_location where);
  ~StreamWriteAwaiter();

  bool await_ready();
  void await_resume();

 private:
  friend class StreamCore;

  StreamCore* stream_;
  std::span<const char> data_;
  SysResult result_ = 0;
};

class [[nodiscard]] StreamWriteAwaitable {
 public:
  StreamWriteAwaitable(StreamCore* stream, std::span<const char> data)
      : stream_(stream), data_(data) {}
  StreamWriteAwaiter Await(std::source_location where) const {
    return StreamWriteAwaiter(stream_, data_, where);
  }

 private:
  StreamCore* stream_;
  std::span<const char> data_;
};

}  // namespace internal

class Stream {
 public:
  // Refers to nothing.
  Stream();
  // Takes over a connected socket of the running loop.
  explicit Stream(Socket socket);
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  ~Stream();

  // Gives at least one byte, at most `buffer` full; 0 at the end.
  internal::StreamReadAwaitable Read(std::span<char> buffer) {
    return internal::StreamReadAwaitable(core_.get(), buffer);
  }
  // Exactly `n` bytes. Throws: IncompleteReadError if the end comes before.
  Coro<std::string> ReadExactly(std::size_t n);
  // All up to and including `separator`. Throws: IncompleteReadError;
  // LimitOverrunError if there is none in the first 64 KiB.
  Coro<std::string> ReadUntil(char separator);

  // Sends all of `data`, which must live until then; waits while the peer
  // does not take more.
  internal::StreamWriteAwaitable WriteAll(std::span<const char> data) {
    return internal::StreamWriteAwaitable(core_.get(), data);
  }

  // Ends the sending direction: the peer reads to the end.
  void WriteEof();
  // Idempotent. A read or write in progress throws ECONNABORTED; so it does
  // when the stream dies.
  void Close();

  bool is_open() const;
  SocketAddress local_address() const;
  SocketAddress peer_address() const;  // Also when it is closed.
  int fd() const;

 private:
  std::shared_ptr<internal::StreamCore> core_;
};

// Connects to a name or numeric address, one after another if it has several.
// Throws: std::system_error of the last that failed.
Coro<Stream> OpenConnection(std::string host, std::uint16_t port);

}  // namespace rondo

#endif  // RONDO_RUNTIME_STREAMS_H_
