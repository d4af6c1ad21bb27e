// Transports: connections as the loop drives them.
//
// A transport calls its protocol when something happens, and buffers what the
// peer does not take yet. The loop keeps a transport alive as long as it reads
// or has something to write; a program keeps it to use it. One that is dropped
// while it is open and paused is closed, and reported. The end of the loop
// closes all, and tells nobody.
//
// Thread-safety: the loop's thread.
// Source: asyncio.transports.
#ifndef RONDO_RUNTIME_TRANSPORT_H_
#define RONDO_RUNTIME_TRANSPORT_H_

#include <any>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "rondo/runtime/protocol.h"
#include "rondo/runtime/socket_address.h"

namespace rondo {

// In bytes. What is not given: `high` is four times `low`, or 64 KiB; `low` is
// a quarter of `high`.
struct WriteBufferLimits {
  std::optional<std::size_t> low = std::nullopt;
  std::optional<std::size_t> high = std::nullopt;
};

class BaseTransport {
 public:
  virtual ~BaseTransport() = default;

  // Stops reading, sends what is buffered, then closes; ConnectionLost follows
  // in a later iteration. Idempotent.
  virtual void Close() = 0;
  virtual bool is_closing() const = 0;
  // Closes at once; what is buffered is lost.
  virtual void Abort() = 0;

  // What else is known, by name; empty if nothing is. Sockets know "sockname"
  // and "peername" (SocketAddress, as of the beginning) and "socket" (int: the
  // descriptor, -1 once it is closed); pipes know "pipe" (int).
  virtual std::any GetExtraInfo(std::string_view name) const = 0;

  // ---- Flow control. Throws: ValueError unless 0 <= low <= high.
  virtual void SetWriteBufferLimits(WriteBufferLimits limits) = 0;
  // Both are there.
  virtual WriteBufferLimits GetWriteBufferLimits() const = 0;
  virtual std::size_t GetWriteBufferSize() const = 0;
};

// A stream of bytes. What one end of a pipe cannot do throws RuntimeError.
class Transport : public BaseTransport {
 public:
  virtual bool is_reading() const = 0;
  // No DataReceived until ResumeReading. Idempotent.
  virtual void PauseReading() = 0;
  virtual void ResumeReading() = 0;

  // Sends `data` now if it can, and buffers a copy of what is left. Never
  // blocks. Nothing, once the connection is lost. Throws: RuntimeError after
  // WriteEof and while a file is being sent.
  virtual void Write(std::span<const char> data) = 0;
  // The same with several, as one.
  virtual void WriteLines(std::span<const std::span<const char>> lines) = 0;
  // Ends the sending direction, once the buffer is empty. Idempotent. Throws:
  // RuntimeError while a file is being sent.
  virtual void WriteEof() = 0;
  virtual bool can_write_eof() const = 0;

  virtual void SetProtocol(std::shared_ptr<Protocol> protocol) = 0;
  // Null once the connection is lost.
  virtual std::shared_ptr<Protocol> GetProtocol() const = 0;
};

class DatagramTransport : public BaseTransport {
 public:
  // Sends one datagram now if it can, or queues a copy. Without an address,
  // to the endpoint's peer. Throws: ValueError if the endpoint has a peer and
  // `to` is another, or has none and `to` is not given.
  virtual void SendTo(std::span<const char> data,
                      const std::optional<SocketAddress>& to) = 0;
  void SendTo(std::span<const char> data) { SendTo(data, std::nullopt); }

  virtual void SetProtocol(std::shared_ptr<DatagramProtocol> protocol) = 0;
  virtual std::shared_ptr<DatagramProtocol> GetProtocol() const = 0;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_TRANSPORT_H_
