// StreamReader: bytes that arrive, read by awaiting.
//
//   rondo::StreamReader reader;
//   reader.FeedData("one\ntwo");
//   reader.FeedEof();
//   co_await reader.ReadLine();  // "one\n"
//   co_await reader.Read(10);    // "two"
//
// A stream (streams.h) is fed by its transport. Whoever feeds faster than
// somebody reads is paused: above twice the limit, until at most the limit is
// buffered.
//
// One coroutine at a time may wait. Throws, all that read: RuntimeError if
// another waits; what SetException was given, also if bytes are left.
// Cancellation: at once; no bytes are lost.
// Thread-safety: the loop's thread. The reader outlives what reads from it.
// Source: asyncio.StreamReader.
#ifndef RONDO_RUNTIME_STREAM_READER_H_
#define RONDO_RUNTIME_STREAM_READER_H_

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rondo/runtime/byte_queue.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/transport.h"

namespace rondo {

class StreamReader;

namespace internal {

// Waits until there is something to be read, or the end, or an error.
class StreamWaiter : public FutureAwaiterBase {
 public:
  // `buffer` may be filled directly. `call`: who waits.
  StreamWaiter(StreamReader* reader, std::span<char> buffer,
               std::string_view call, std::source_location where);
  ~StreamWaiter();

  bool await_ready();
  // How much of `buffer` is filled.
  std::size_t await_resume();

 protected:
  friend class rondo::StreamReader;

  StreamReader* reader_;  // Null once it is gone.
  std::span<char> buffer_;
  std::string_view call_;
  std::size_t filled_ = 0;
};

// Waits unless something is there, and takes it.
class StreamReadAwaiter : public StreamWaiter {
 public:
  StreamReadAwaiter(StreamReader* reader, std::span<char> buffer,
                    std::source_location where)
      : StreamWaiter(reader, buffer, "Read", where) {}
  bool await_ready();
  std::size_t await_resume();
};

class [[nodiscard]] StreamReadAwaitable {
 public:
  StreamReadAwaitable(StreamReader* reader, std::span<char> buffer)
      : reader_(reader), buffer_(buffer) {}
  StreamReadAwaiter Await(std::source_location where) const {
    return StreamReadAwaiter(reader_, buffer_, where);
  }

 private:
  StreamReader* reader_;
  std::span<char> buffer_;
};

}  // namespace internal

class StreamReader {
 public:
  static constexpr std::size_t kDefaultLimit = 64 * 1024;

  // `limit`: how far away a separator may be. Throws: ValueError if it is 0.
  explicit StreamReader(std::size_t limit = kDefaultLimit);
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;
  ~StreamReader();

  // ---- Reading

  // Gives at least one byte, at most `buffer` full; 0 at the end.
  internal::StreamReadAwaitable Read(std::span<char> buffer) {
    return internal::StreamReadAwaitable(this, buffer);
  }
  // The same as a string; empty at the end, and for n = 0.
  Coro<std::string> Read(std::size_t n);
  // All that comes until the end.
  Coro<std::string> ReadAll();
  // Exactly `n` bytes. Throws: IncompleteReadError, with what there is, if the
  // end comes before.
  Coro<std::string> ReadExactly(std::size_t n);
  // All up to and including the separator, or of several the one that ends
  // first. Throws: IncompleteReadError; ValueError for an empty separator;
  // LimitOverrunError if there is none within the limit: nothing is taken.
  Coro<std::string> ReadUntil(char separator) {
    return ReadUntil(std::string(1, separator));
  }
  Coro<std::string> ReadUntil(std::string separator);
  Coro<std::string> ReadUntil(std::vector<std::string> separators);
  // All up to and including '\n', or the rest, empty at the end. Throws:
  // ValueError if the line is longer than the limit; it is dropped.
  Coro<std::string> ReadLine();
  // The same for a loop over lines: no value at the end.
  //   while (std::optional<std::string> line = co_await reader.NextLine())
  Coro<std::optional<std::string>> NextLine();

  // Whether everything was read that will ever come.
  bool AtEof() const { return eof_ && buffer_.empty(); }

  // ---- Feeding

  // REQUIRES: no FeedEof before.
  void FeedData(std::span<const char> data);
  void FeedEof();
  // All that read throw it from now on.
  void SetException(std::exception_ptr exception);
  // The one that was set, or null.
  std::exception_ptr exception() const { return exception_; }
  // What is paused and resumed. Throws: RuntimeError if there is one already.
  void SetTransport(std::shared_ptr<Transport> transport);
  // The connection has another one now. It is not paused.
  void ReplaceTransport(std::shared_ptr<Transport> transport);
  // What nobody has read yet, for somebody else.
  std::string TakeBuffered();

  // For protocols with buffers: where bytes may be put directly, because
  // somebody waits for many; and that so many were. Empty: use FeedData.
  std::span<char> DirectBuffer() const;
  void FeedDirect(std::size_t n);

 private:
  friend class internal::StreamWaiter;
  friend class internal::StreamReadAwaiter;

  void RequireNoException() const;
  void WakeUp();
  void MaybePause();
  void MaybeResume();
  // The first match of any of `separators`, from `offset`: its bounds.
  struct Match {
    std::size_t begin = std::string::npos;
    std::size_t end = std::string::npos;
  };
  Match Find(const std::vector<std::string>& separators,
             std::size_t offset) const;

  internal::ByteQueue buffer_;
  std::exception_ptr exception_;
  std::shared_ptr<Transport> transport_;
  internal::StreamWaiter* waiter_ = nullptr;
  std::size_t limit_;
  bool eof_ = false;
  bool paused_ = false;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_STREAM_READER_H_
