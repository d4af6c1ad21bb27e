// Stream: a connection, read and written by awaiting.
//
//   rondo::Stream stream = co_await rondo::OpenConnection("n1", 80);
//   co_await stream.WriteAll("ping\n");
//   std::string line = co_await stream.ReadUntil("\n");
//
// A Stream is move-only and closes when it dies: what was written is still
// sent. A slow reader holds the sender back. What waits in a Stream may outlive
// it: then it reads what was there and the end.
//
// Cancellation: at once; no bytes are lost, read or written.
// Throws: std::system_error with the call and the peer's address, from the
// moment that the connection is lost by an error; RuntimeError for a second
// reader at a time; ValueError for a Stream that refers to nothing.
// Thread-safety: the loop's thread.
// Source: asyncio.StreamReader and StreamWriter, as one object.
#ifndef RONDO_RUNTIME_STREAMS_H_
#define RONDO_RUNTIME_STREAMS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/stream_protocol.h"
#include "rondo/runtime/stream_reader.h"
#include "rondo/runtime/stream_writer.h"
#include "rondo/runtime/transport.h"

namespace rondo {

struct TlsOptions;

class Stream {
 public:
  // Refers to nothing.
  Stream() = default;
  // Takes over a connected socket of the running loop.
  explicit Stream(Socket socket,
                  std::size_t limit = StreamReader::kDefaultLimit);
  // Of a transport and its protocol.
  Stream(std::shared_ptr<Transport> transport,
         std::shared_ptr<StreamReaderProtocol> protocol)
      : transport_(std::move(transport)), protocol_(std::move(protocol)) {}
  Stream(Stream&&) noexcept = default;
  Stream& operator=(Stream&&) noexcept;
  ~Stream() { Close(); }

  // ---- Reading (stream_reader.h)

  // Gives at least one byte, at most `buffer` full; 0 at the end.
  internal::StreamReadAwaitable Read(std::span<char> buffer) {
    return protocol().reader().Read(buffer);
  }
  Coro<std::string> Read(std::size_t n);
  Coro<std::string> ReadAll();
  Coro<std::string> ReadExactly(std::size_t n);
  Coro<std::string> ReadUntil(char separator) {
    return ReadUntil(std::string(1, separator));
  }
  Coro<std::string> ReadUntil(std::string separator);
  Coro<std::string> ReadUntil(std::vector<std::string> separators);
  Coro<std::string> ReadLine();
  Coro<std::optional<std::string>> NextLine();
  bool AtEof() const { return protocol().reader().AtEof(); }

  // ---- Writing (stream_writer.h)

  // Write, then Drain. `data` must live until then.
  Coro<> WriteAll(std::span<const char> data);
  void Write(std::span<const char> data) { transport().Write(data); }
  Coro<> Drain() { return writer().Drain(); }
  // Ends the sending direction: the peer reads to the end.
  void WriteEof() { transport().WriteEof(); }
  // Idempotent; nothing happens to a Stream that refers to nothing.
  void Close() {
    if (transport_ != nullptr) transport_->Close();
  }
  Coro<> WaitClosed() { return writer().WaitClosed(); }

  // False if it refers to nothing.
  explicit operator bool() const { return transport_ != nullptr; }

  // Goes over to TLS (tls.h, which has the definition): sends what is
  // written, then does the handshake. The Stream must live until then, and
  // nobody read from it. Throws: as tls.h; then the stream is closed.
  Coro<> StartTls(TlsOptions options);

  // False once it closes, by whomever.
  bool is_open() const {
    return transport_ != nullptr && !transport_->is_closing();
  }
  // Also when it is closed.
  SocketAddress local_address() const { return Address("sockname"); }
  SocketAddress peer_address() const { return Address("peername"); }
  int fd() const;

  // Its parts.
  Transport& transport() const;
  StreamReaderProtocol& protocol() const;
  StreamReader& reader() const { return protocol().reader(); }
  StreamWriter writer() const;

 private:
  SocketAddress Address(std::string_view name) const;

  std::shared_ptr<Transport> transport_;
  std::shared_ptr<StreamReaderProtocol> protocol_;
};

// Connects to a name or numeric address, one after another if it has several.
// Throws: as CreateConnection (connections.h).
Coro<Stream> OpenConnection(std::string host, std::uint16_t port,
                            std::size_t limit = StreamReader::kDefaultLimit);

}  // namespace rondo

#endif  // RONDO_RUNTIME_STREAMS_H_
