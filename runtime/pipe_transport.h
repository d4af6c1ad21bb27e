// The transports of pipes: of the end that reads, and of the end that writes.
// The ends of sockets and character devices can be driven the same way.
//
// Source: asyncio.unix_events._UnixReadPipeTransport, _UnixWritePipeTransport,
// iteration by iteration.
#ifndef RONDO_RUNTIME_PIPE_TRANSPORT_H_
#define RONDO_RUNTIME_PIPE_TRANSPORT_H_

#include <any>
#include <cstddef>
#include <exception>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "rondo/runtime/byte_queue.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/socket_types.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/stream_transport.h"
#include "rondo/runtime/transport.h"

namespace rondo::internal {

// What the two have in common.
class PipeTransport : public StreamTransport {
 public:
  // "pipe": the descriptor.
  std::any GetExtraInfo(std::string_view name) const override;

 protected:
  using StreamTransport::StreamTransport;
};

class ReadPipeTransport final : public PipeTransport {
 public:
  // Takes over a non-blocking descriptor of the running loop. Queues
  // ConnectionMade, the begin of reading, and the completion of `waiter`, which
  // may be empty.
  static std::shared_ptr<ReadPipeTransport> Start(
      Socket pipe, std::shared_ptr<Protocol> protocol,
      const Future<>& waiter = {});

  // For Start.
  ReadPipeTransport(Socket pipe, std::shared_ptr<Protocol> protocol)
      : PipeTransport(std::move(pipe), std::move(protocol)) {}

  bool is_reading() const override { return !closing_ && !paused_; }
  void PauseReading() override;
  void ResumeReading() override;

  std::size_t GetWriteBufferSize() const override { return 0; }
  bool can_write_eof() const override { return false; }
  // Throw: RuntimeError.
  void Write(std::span<const char> data) override;
  void WriteLines(std::span<const std::span<const char>> lines) override;
  void WriteEof() override;

 private:
  bool wants_reading() const override { return is_reading(); }
  void ReadReady() override;
  void WriteReady() override {}
  void DropBuffer() override {}
  void EndOfFile();

  bool paused_ = false;
};

class WritePipeTransport final : public PipeTransport {
 public:
  // As above; `kind` is what the descriptor is.
  static std::shared_ptr<WritePipeTransport> Start(
      Socket pipe, DescriptorKind kind, std::shared_ptr<Protocol> protocol,
      const Future<>& waiter = {});

  // For Start.
  WritePipeTransport(Socket pipe, DescriptorKind kind,
                     std::shared_ptr<Protocol> protocol)
      : PipeTransport(std::move(pipe), std::move(protocol)), kind_(kind) {}

  std::size_t GetWriteBufferSize() const override { return buffer_.size(); }
  void Write(std::span<const char> data) override;
  void WriteLines(std::span<const std::span<const char>> lines) override;
  // Is Close: there is no other direction.
  void WriteEof() override { Close(); }
  bool can_write_eof() const override { return true; }

  bool is_reading() const override { return false; }
  // Throw: RuntimeError.
  void PauseReading() override;
  void ResumeReading() override;

 private:
  // Who waits for the end that reads to go: it makes this one readable. But a
  // terminal is so when somebody types.
  bool wants_reading() const override {
    return !closing_ && kind_ != DescriptorKind::kCharacterDevice;
  }
  void ReadReady() override;
  void WriteReady() override;
  void DropBuffer() override { buffer_.Clear(); }
  // Whether `data` may be taken; false: nobody would ever see it.
  bool MayWrite(std::span<const char> data);
  // How many bytes of `data` the pipe has taken; -1: the pipe is broken.
  std::ptrdiff_t Send(std::span<const char> data);

  const DescriptorKind kind_;
  ByteQueue buffer_;
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_PIPE_TRANSPORT_H_
