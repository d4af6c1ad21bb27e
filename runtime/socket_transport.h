// The transport of a connected stream socket.
//
// Source: asyncio.selector_events._SelectorSocketTransport, iteration by
// iteration.
#ifndef RONDO_RUNTIME_SOCKET_TRANSPORT_H_
#define RONDO_RUNTIME_SOCKET_TRANSPORT_H_

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string_view>

#include "rondo/runtime/byte_queue.h"
#include "rondo/runtime/file_transport.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/stream_transport.h"
#include "rondo/runtime/transport.h"

namespace rondo::internal {

// Who counts a server's connections.
class ConnectionOwner {
 public:
  // Returns what Detach is to be given.
  virtual std::uint64_t Attach(Transport* transport) = 0;
  virtual void Detach(std::uint64_t number) = 0;

 protected:
  ~ConnectionOwner() = default;
};

class SocketTransport final : public StreamTransport, public FileTransport {
 public:
  // Takes over a connected socket of the running loop. Queues ConnectionMade,
  // the begin of reading, and the completion of `waiter`, in this order.
  // `waiter` and `owner` may be empty.
  static std::shared_ptr<SocketTransport> Start(
      Socket socket, std::shared_ptr<Protocol> protocol,
      const Future<>& waiter = {},
      std::shared_ptr<ConnectionOwner> owner = nullptr);

  // For Start.
  SocketTransport(Socket socket, std::shared_ptr<Protocol> protocol,
                  std::shared_ptr<ConnectionOwner> owner);
  ~SocketTransport() override;

  std::size_t GetWriteBufferSize() const override { return buffer_.size(); }

  bool is_reading() const override { return !closing_ && !paused_; }
  void PauseReading() override;
  void ResumeReading() override;

  void Write(std::span<const char> data) override;
  void WriteLines(std::span<const std::span<const char>> lines) override;
  void WriteEof() override;
  bool can_write_eof() const override { return true; }

  // ---- Sending a file.

  bool sending_file() const override { return sending_file_; }
  void set_sending_file(bool sending) override { sending_file_ = sending; }
  bool writing_paused() const override { return flow_.paused(); }
  // Done when the buffer is empty and the socket may be written to. Fails if
  // the connection is lost.
  Future<> Writable();
  // Nobody waits any more.
  void ForgetWritable();
  // As Network::SendFile; -ECONNRESET if it is closing.
  SysResult SendFile(int file, std::int64_t offset, std::size_t size);

 private:
  bool wants_reading() const override { return is_reading() && !ended_; }
  void ReadReady() override;
  void WriteReady() override;
  void DropBuffer() override { buffer_.Clear(); }
  void Lose(std::exception_ptr error) override;
  void LetProtocolGo() override;

  void EndOfFile();
  // Throws: RuntimeError where nothing may be written; false: nobody would
  // ever see it.
  bool MayWrite(std::string_view call) {
    if (!eof_ && !sending_file_ && lost_ == 0) [[likely]] {
      return true;
    }
    return MayWriteSlow(call);
  }
  bool MayWriteSlow(std::string_view call);
  // Sends what the kernel takes of the buffer. False: the connection is lost.
  bool SendBuffer();
  void Flushed();

  std::shared_ptr<ConnectionOwner> owner_;
  std::uint64_t number_ = 0;  // With the owner.
  ByteQueue buffer_;
  Future<> writable_;
  bool sending_file_ = false;
  bool paused_ = false;
  bool ended_ = false;  // The peer sends no more.
  bool eof_ = false;    // WriteEof was called.
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_SOCKET_TRANSPORT_H_
