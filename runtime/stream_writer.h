// StreamWriter: the writing half of a stream.
//
//   writer.Write("GET / HTTP/1.1\r\n\r\n");
//   co_await writer.Drain();      // Waits while the peer is behind.
//   writer.Close();
//   co_await writer.WaitClosed();
//
// A StreamWriter is two references: dropping it closes nothing (a Stream does
// that). A transport that its last owner drops unclosed is reported.
//
// Thread-safety: the loop's thread.
// Source: asyncio.StreamWriter.
#ifndef RONDO_RUNTIME_STREAM_WRITER_H_
#define RONDO_RUNTIME_STREAM_WRITER_H_

#include <any>
#include <memory>
#include <span>
#include <string_view>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/stream_protocol.h"
#include "rondo/runtime/transport.h"

namespace rondo {

struct TlsOptions;

class StreamWriter {
 public:
  StreamWriter(std::shared_ptr<Transport> transport,
               std::shared_ptr<StreamReaderProtocol> protocol)
      : transport_(std::move(transport)), protocol_(std::move(protocol)) {}

  // As the transport's (transport.h).
  void Write(std::span<const char> data) { transport_->Write(data); }
  void WriteLines(std::span<const std::span<const char>> lines) {
    transport_->WriteLines(lines);
  }
  void WriteEof() { transport_->WriteEof(); }
  bool can_write_eof() const { return transport_->can_write_eof(); }
  void Close() { transport_->Close(); }
  bool is_closing() const { return transport_->is_closing(); }
  std::any GetExtraInfo(std::string_view name) const {
    return transport_->GetExtraInfo(name);
  }

  // Returns at once unless the transport has buffered more than its high-water
  // mark; then waits until it is at the low one. Throws: what the connection
  // was lost by.
  Coro<> Drain() { return DrainParts(transport_, protocol_); }
  // Waits until the connection is closed. Throws: what it was lost by.
  Coro<> WaitClosed() { return WaitUntilClosed(protocol_); }

  // Goes over to TLS (tls.h, which has the definition): sends what is written,
  // then does the handshake; from then on `transport` is another. This must
  // live until then. (For the writer of a Stream there is Stream::StartTls.)
  // Throws: as tls.h; then the connection is closed.
  Coro<> StartTls(TlsOptions options);

  const std::shared_ptr<Transport>& transport() const { return transport_; }

 private:
  // The writer may be gone while these wait.
  static Coro<> DrainParts(std::shared_ptr<Transport> transport,
                           std::shared_ptr<StreamReaderProtocol> protocol);
  static Coro<> WaitUntilClosed(std::shared_ptr<StreamReaderProtocol> protocol);

  std::shared_ptr<Transport> transport_;
  std::shared_ptr<StreamReaderProtocol> protocol_;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_STREAM_WRITER_H_
