// StreamReaderProtocol: between a transport and the streams made of it.
//
// Source: asyncio.StreamReaderProtocol and streams.FlowControlMixin.
#ifndef RONDO_RUNTIME_STREAM_PROTOCOL_H_
#define RONDO_RUNTIME_STREAM_PROTOCOL_H_

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <vector>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/loop_core.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/stream_reader.h"

namespace rondo {

// Feeds a StreamReader, and knows who waits for room to write and for the end.
class StreamReaderProtocol : public BufferedProtocol {
 public:
  // Of the running loop.
  explicit StreamReaderProtocol(std::shared_ptr<StreamReader> reader);

  void ConnectionMade(std::shared_ptr<Transport> transport) override;
  void ConnectionLost(std::exception_ptr error) override;
  void PauseWriting() override { paused_ = true; }
  void ResumeWriting() override;
  std::span<char> GetBuffer(std::size_t hint) override;
  void BufferUpdated(std::size_t n) override;
  // What does not fit into the buffer of who reads: a readiness brings as much
  // as in asyncio.
  bool ReadsOn() const override { return direct_; }
  bool EofReceived() override;

  // The connection goes on over another transport.
  void ReplaceTransport(std::shared_ptr<Transport> transport);

  StreamReader& reader() const { return *reader_; }

  // Whether Drain would return at once.
  bool may_write() const { return !paused_ && !lost_; }
  // Waits until writing may go on. Throws: std::system_error (ECONNRESET) once
  // the connection is lost; what it was lost by, if it is lost meanwhile.
  // Several may wait.
  Coro<> Drain();

  // Notes that `n` bytes were written. True: they are so many in this turn of
  // the loop that the peer should have its turn. A writer that goes on until
  // the kernel takes no more is megabytes ahead, which are out of the
  // processor's cache when they are read.
  bool NoteWritten(std::size_t n) {
    const std::uint32_t turn = internal::RunningCore()->turns;
    if (turn_ != turn) {
      turn_ = turn;
      turn_written_ = 0;
    }
    turn_written_ += n;
    return turn_written_ >= kTurnBytes;
  }

  // Done when the connection is lost; fails if by an error.
  const Future<>& closed() const { return closed_; }

 private:
  // As much as others read in a turn.
  static constexpr std::size_t kTurnBytes = 64 * 1024;

  std::shared_ptr<StreamReader> reader_;
  std::vector<Future<>> drainers_;
  Future<> closed_;
  bool direct_ = false;  // The buffer given last is the reading coroutine's.
  bool paused_ = false;
  bool lost_ = false;
  bool over_tls_ = false;
  std::uint32_t turn_ = 0;        // Of the loop, when was written last,
  std::size_t turn_written_ = 0;  // and how much in it.
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_STREAM_PROTOCOL_H_
