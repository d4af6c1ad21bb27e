// TlsProtocol: TLS between a transport and a protocol. To the transport it is a
// protocol, to the protocol the transport: what connections over TLS have for
// one (std::dynamic_pointer_cast, for what only TLS has).
//
// A connection is unwrapped, does its handshake, is wrapped, then flushes what
// it has, shuts down, and is unwrapped again. The protocol above learns of it
// when the handshake is over, and of its end like that of any other.
//
// Source: asyncio.sslproto, state by state; differs: when something fails, the
// peer is sent the alert that says what, and one that has cut its direction is
// told of our end; a protocol that has its transport is told of every end, that
// of a timed-out StartTls too; whoever waits for a handshake learns that it was
// broken off, rather than to seem connected; what came before the peer's end is
// read, however slowly.
#ifndef RONDO_RUNTIME_TLS_PROTOCOL_H_
#define RONDO_RUNTIME_TLS_PROTOCOL_H_

#include <any>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "rondo/runtime/byte_queue.h"
#include "rondo/runtime/clock.h"
#include "rondo/runtime/flow_control.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/handle.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/protocol_keeper.h"
#include "rondo/runtime/tls_context.h"
#include "rondo/runtime/tls_info.h"
#include "rondo/runtime/tls_session.h"
#include "rondo/runtime/tls_tickets.h"
#include "rondo/runtime/transport.h"

namespace rondo {

// How a connection becomes one of TLS.
struct TlsOptions {
  explicit TlsOptions(std::shared_ptr<const TlsContext> c)
      : context(std::move(c)) {}
  TlsOptions(std::shared_ptr<const TlsContext> c, std::string name)
      : context(std::move(c)), server_hostname(std::move(name)) {}

  std::shared_ptr<const TlsContext> context;
  // Clients: whose certificate the server must have, and the name it is sent.
  // Not given: the host that is connected to. Empty: none.
  std::optional<std::string> server_hostname;
  // Clients: shared by connections that may resume one another (tls_tickets.h).
  std::shared_ptr<TlsTickets> tickets;
  // Longer ones break the connection: std::system_error (ECONNABORTED),
  // TimeoutError. Source: asyncio.constants.
  Nanoseconds handshake_timeout = std::chrono::seconds(60);
  Nanoseconds shutdown_timeout = std::chrono::seconds(30);
};

// In bytes.
using ReadBufferLimits = WriteBufferLimits;

// WriteEof throws RuntimeError: TLS cannot be closed in one direction.
// GetExtraInfo knows "sslcontext" (std::shared_ptr<const TlsContext>); from the
// end of the handshake on "tls" (std::shared_ptr<const TlsInfo>), and of that
// "cipher" and "peercert" (std::string); and all that the transport below does.
class TlsProtocol final : public BufferedProtocol,
                          public Transport,
                          private internal::ProtocolKeeper,
                          public std::enable_shared_from_this<TlsProtocol> {
 public:
  // `waiter` is completed when the handshake is over; it may be empty.
  // `has_transport`: `protocol` is not to be told ConnectionMade.
  // Throws: ValueError for a timeout that is not positive, or a missing name;
  // TlsError.
  TlsProtocol(std::shared_ptr<Protocol> protocol, TlsOptions options,
              const Future<>& waiter, bool has_transport);

  // Bytes of the peer that were read before it began.
  void Feed(std::span<const char> data) { session_.Feed(data); }

  // BufferedProtocol
  void ConnectionMade(std::shared_ptr<Transport> transport) override;
  void ConnectionLost(std::exception_ptr error) override;
  void PauseWriting() override { wire_paused_ = true; }
  void ResumeWriting() override;
  std::span<char> GetBuffer(std::size_t hint) override;
  void BufferUpdated(std::size_t n) override;
  bool EofReceived() override;

  // ---- How much of the peer's bytes may wait to be decrypted: from the high
  // mark on nothing is read from below, until there is no more than the low
  // one. What is not given: as for writing, of 256 KiB. Throws: ValueError
  // unless low <= high.
  void SetReadBufferLimits(ReadBufferLimits limits);
  ReadBufferLimits GetReadBufferLimits() const { return read_limits_; }
  std::size_t GetReadBufferSize() const { return session_.incoming_size(); }

  // Transport
  void Close() override;
  bool is_closing() const override { return closed_; }
  void Abort() override;
  std::any GetExtraInfo(std::string_view name) const override;
  void SetWriteBufferLimits(WriteBufferLimits limits) override;
  WriteBufferLimits GetWriteBufferLimits() const override {
    return flow_.limits();
  }
  std::size_t GetWriteBufferSize() const override {
    return session_.outgoing_size() + backlog_.size();
  }
  bool is_reading() const override { return !closed_ && !reading_paused_; }
  void PauseReading() override { reading_paused_ = true; }
  void ResumeReading() override;
  void Write(std::span<const char> data) override;
  void WriteLines(std::span<const std::span<const char>> lines) override;
  void WriteEof() override;
  bool can_write_eof() const override { return false; }
  void SetProtocol(std::shared_ptr<Protocol> protocol) override;
  std::shared_ptr<Protocol> GetProtocol() const override { return protocol_; }

 private:
  enum class State { kUnwrapped, kHandshake, kWrapped, kFlushing, kShutdown };
  void LoopEnded() override;

  // Of the protocol above: what it was told.
  enum class Told { kNothing, kMade, kEof, kLost };

  // Bytes are encrypted: read, and written from the backlog.
  bool is_wrapped() const {
    return state_ == State::kWrapped || state_ == State::kFlushing;
  }
  // What the peer's bytes are for now.
  void Advance();

  void DoHandshake();
  void HandshakeDone();
  void StartTimer(Nanoseconds timeout, std::string_view name,
                  void (TlsProtocol::*late)());
  void HandshakeLate();

  void DoRead();
  // False: there may be more.
  bool ReadSome();
  void TellEof();
  void ControlReading();

  bool MayWrite();
  void DoWrite();
  void SendOutgoing();
  void ControlWriting();

  void StartShutdown();
  void DoFlush();
  void EndFlush();
  void DoShutdown();
  void ShutdownDone();
  void ShutdownLate();

  // Calls `f`, something of OpenSSL's or the protocol's; what it throws breaks
  // the connection.
  template <class F>
  bool Guard(std::string_view message, F&& f);
  void Fail(std::exception_ptr error, std::string_view message);
  void WakeWaiter(std::exception_ptr error);
  // Queues the call of a member, if it is still there then.
  template <class F>
  void Queue(std::string_view name, F&& f);

  internal::LoopCore* const core_;
  const TlsOptions options_;
  internal::TlsSession session_;
  std::shared_ptr<Protocol> protocol_;
  BufferedProtocol* buffered_ = nullptr;  // The protocol, if it is one.
  std::shared_ptr<Transport> transport_;  // What is below.
  Future<> waiter_;
  TimerHandle timer_;  // Of the handshake or the shutdown.
  std::shared_ptr<TlsInfo> info_;
  internal::ByteQueue backlog_;  // Written and not yet encrypted.
  internal::FlowControl flow_;
  ReadBufferLimits read_limits_;
  std::exception_ptr error_;  // What it is broken by.
  State state_ = State::kUnwrapped;
  Told told_;
  int late_writes_ = 0;
  bool closed_ = false;
  bool lost_ = false;            // The connection below.
  bool eof_received_ = false;    // From below.
  bool wire_paused_ = false;     // What is below takes no more.
  bool reading_paused_ = false;  // By the protocol above.
  bool wire_reading_paused_ = false;
  bool passing_ = false;  // The protocol has data in its hands.
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_TLS_PROTOCOL_H_
