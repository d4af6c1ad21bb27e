#include "rondo/runtime/tls_protocol.h"

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/loop_core.h"
#include "rondo/runtime/read_scratch.h"

namespace rondo {
namespace {

// Source: asyncio.constants.FLOW_CONTROL_HIGH_WATER_SSL_WRITE, _SSL_READ,
// LOG_THRESHOLD_FOR_CONNLOST_WRITES.
constexpr std::size_t kHighWater = 512 * 1024;
constexpr std::size_t kReadHighWater = 256 * 1024;
constexpr int kForgivenWrites = 5;

std::exception_ptr SystemError(int code, const std::string& what) {
  return std::make_exception_ptr(
      std::system_error(code, std::generic_category(), what));
}

std::string Milliseconds(Nanoseconds time) {
  using std::chrono::milliseconds;
  return std::to_string(
             std::chrono::duration_cast<milliseconds>(time).count()) +
         " ms";
}

void RequirePositive(Nanoseconds time, const std::string& name) {
  if (time > Nanoseconds(0)) return;
  throw ValueError(name + " must be positive, and is " + Milliseconds(time));
}

const std::shared_ptr<Protocol>& NotNull(const std::shared_ptr<Protocol>& p) {
  if (p == nullptr) throw ValueError("a transport needs a protocol");
  return p;
}

}  // namespace

TlsProtocol::TlsProtocol(std::shared_ptr<Protocol> protocol, TlsOptions options,
                         const Future<>& waiter, bool has_transport)
    : EndsWithLoop(internal::RunningCore()),
      core_(internal::RunningCore()),
      options_(std::move(options)),
      session_(core_, options_.context, options_.server_hostname.value_or(""),
               options_.tickets),
      waiter_(waiter),
      flow_(core_),
      told_(has_transport ? Told::kMade : Told::kNothing) {
  RequirePositive(options_.handshake_timeout, "handshake_timeout");
  RequirePositive(options_.shutdown_timeout, "shutdown_timeout");
  SetWriteBufferLimits({});
  SetReadBufferLimits({});
  SetProtocol(std::move(protocol));
}

void TlsProtocol::SetProtocol(std::shared_ptr<Protocol> protocol) {
  buffered_ = NotNull(protocol)->AsBuffered();
  protocol_ = std::move(protocol);
}

template <class F>
bool TlsProtocol::Guard(std::string_view message, F&& f) {
  try {
    f();
    return true;
  } catch (const LoopExit&) {
    throw;
  } catch (...) {  // tidy: allow(catch-all) told to the protocol and handler
    Fail(std::current_exception(), message);
    return false;
  }
}

template <class F>
void TlsProtocol::Queue(std::string_view name, F&& f) {
  if (!core_->Accepts()) return;
  core_->Push(
      core_->NewCallback(std::forward<F>(f), HandleKind::kTransport, name));
}

std::any TlsProtocol::GetExtraInfo(std::string_view name) const {
  if (name == "tls") {
    if (info_ == nullptr) return {};
    return std::shared_ptr<const TlsInfo>(info_);
  }
  if (name == "sslcontext") return session_.context();
  if (name == "cipher" && info_ != nullptr) return info_->cipher;
  if (name == "peercert") {
    if (info_ == nullptr || info_->peer_certificate.empty()) return {};
    return info_->peer_certificate;
  }
  return transport_ == nullptr ? std::any() : transport_->GetExtraInfo(name);
}

// ---- From below

void TlsProtocol::ConnectionMade(std::shared_ptr<Transport> transport) {
  transport_ = std::move(transport);
  if (closed_) {  // Before it has begun.
    transport_->Abort();
    return;
  }
  state_ = State::kHandshake;
  StartTimer(options_.handshake_timeout, "tls_handshake_timeout",
             &TlsProtocol::HandshakeLate);
  DoHandshake();
}

void TlsProtocol::ConnectionLost(std::exception_ptr error) {
  if (error_ != nullptr) error = error_;
  backlog_.Clear();
  session_.ClearOutgoing();
  lost_ = true;
  closed_ = true;
  ++late_writes_;
  timer_.Cancel();
  if (told_ == Told::kMade || told_ == Told::kEof) {
    Queue("tls_connection_lost",
          [protocol = protocol_, error] { protocol->ConnectionLost(error); });
  }
  const bool in_handshake = state_ == State::kHandshake;
  told_ = Told::kLost;
  state_ = State::kUnwrapped;
  buffered_ = nullptr;
  const std::shared_ptr<Protocol> keep = std::move(protocol_);
  if (error == nullptr && in_handshake) {
    error = SystemError(ECONNABORTED, "closed during the TLS handshake");
  }
  WakeWaiter(error);
}

void TlsProtocol::LoopEnded() {
  const std::shared_ptr<TlsProtocol> keep = shared_from_this();
  lost_ = true;
  closed_ = true;
  late_writes_ = kForgivenWrites + 1;
  state_ = State::kUnwrapped;
  buffered_ = nullptr;
  protocol_.reset();
}

void TlsProtocol::ResumeWriting() {
  wire_paused_ = false;
  SendOutgoing();
}

std::span<char> TlsProtocol::GetBuffer(std::size_t) {
  return internal::ReadScratch();
}

void TlsProtocol::BufferUpdated(std::size_t n) {
  session_.Feed(internal::ReadScratch().first(n));
  Advance();
}

void TlsProtocol::Advance() {
  switch (state_) {
    case State::kUnwrapped:
      return;
    case State::kHandshake:
      return DoHandshake();
    case State::kWrapped:
      return DoRead();
    case State::kFlushing:
      return DoFlush();
    case State::kShutdown:
      return DoShutdown();
  }
}

bool TlsProtocol::EofReceived() {
  eof_received_ = true;
  switch (state_) {
    case State::kUnwrapped:
      break;
    case State::kHandshake:
      Fail(SystemError(ECONNRESET, "end of file during the TLS handshake"),
           "TLS handshake failed");
      break;
    case State::kWrapped:
      state_ = State::kFlushing;
      DoFlush();
      break;
    case State::kFlushing:
      Guard("Fatal error on TLS protocol", [&] { DoWrite(); });
      state_ = State::kShutdown;
      DoShutdown();
      break;
    case State::kShutdown:
      DoShutdown();
      break;
  }
  // What was read waits until the protocol wants it.
  return state_ == State::kFlushing;
}

// ---- Timers

void TlsProtocol::StartTimer(Nanoseconds timeout, std::string_view name,
                             void (TlsProtocol::*late)()) {
  if (!core_->Accepts()) return;
  timer_ = core_->loop->CallLater(
      timeout,
      [weak = weak_from_this(), late] {
        if (const std::shared_ptr<TlsProtocol> self = weak.lock()) {
          (self.get()->*late)();
        }
      },
      name);
}

void TlsProtocol::HandshakeLate() {
  if (state_ != State::kHandshake) return;
  Fail(SystemError(ECONNABORTED, "TLS handshake is taking longer than " +
                                     Milliseconds(options_.handshake_timeout) +
                                     ": the connection is broken off"),
       "TLS handshake failed");
}

void TlsProtocol::ShutdownLate() {
  if (state_ != State::kFlushing && state_ != State::kShutdown) return;
  error_ = std::make_exception_ptr(TimeoutError("TLS shutdown timed out"));
  transport_->Abort();
}

// ---- The handshake

void TlsProtocol::DoHandshake() {
  bool done = false;
  Guard("TLS handshake failed", [&] { done = session_.Handshake(); });
  if (state_ != State::kHandshake) return;
  if (done) {
    HandshakeDone();
  } else {
    SendOutgoing();
  }
}

void TlsProtocol::HandshakeDone() {
  timer_.Cancel();
  state_ = State::kWrapped;
  info_ = std::make_shared<TlsInfo>(session_.Info());
  if (told_ == Told::kNothing) {
    told_ = Told::kMade;
    const std::shared_ptr<Protocol> keep = protocol_;
    if (!Guard("protocol.ConnectionMade() failed",
               [&] { keep->ConnectionMade(shared_from_this()); })) {
      return;
    }
  }
  WakeWaiter(nullptr);
  // Also sends what the handshake and the protocol have left.
  DoRead();
}

void TlsProtocol::WakeWaiter(std::exception_ptr error) {
  Future<> waiter = std::exchange(waiter_, Future<>());
  if (!waiter || waiter.done()) return;
  if (error == nullptr) {
    waiter.SetResult();
  } else {
    waiter.SetException(std::move(error));
  }
}

// ---- Reading

void TlsProtocol::ResumeReading() {
  if (!reading_paused_) return;
  reading_paused_ = false;
  if (lost_) return;
  Queue("tls_resume_reading", [self = shared_from_this()] {
    // A handshake waits for the peer, not for the protocol.
    if (self->state_ != State::kHandshake) self->Advance();
  });
}

void TlsProtocol::DoRead() {
  if (!is_wrapped()) return;
  Guard("Fatal error on TLS protocol", [&] {
    if (!reading_paused_) {
      bool all = ReadSome();
      while (!all && state_ == State::kFlushing && !reading_paused_) {
        all = ReadSome();
      }
      if (!all && state_ == State::kWrapped) {
        Queue("tls_read", [self = shared_from_this()] { self->DoRead(); });
      }
    }
    DoWrite();
    ControlReading();
  });
}

bool TlsProtocol::ReadSome() {
  const std::shared_ptr<Protocol> keep = protocol_;
  BufferedProtocol* const buffered = buffered_;
  std::string own;  // If the protocol has the scratch: it closes what it reads.
  std::span<char> buffer = internal::ReadScratch();
  if (buffered != nullptr) {
    buffer = buffered->GetBuffer(session_.incoming_size());
  } else if (passing_) {
    own.resize(buffer.size());
    buffer = own;
  }
  if (buffer.empty()) {
    throw RuntimeError("GetBuffer() returned an empty buffer");
  }
  std::size_t filled = 0;
  std::optional<std::size_t> n;
  do {
    n = session_.Read(buffer.subspan(filled));
    filled += n.value_or(0);
  } while (n.value_or(0) > 0 && filled < buffer.size());
  if (filled > 0 && buffered != nullptr) {
    buffered->BufferUpdated(filled);
  } else if (filled > 0) {
    const bool outer = std::exchange(passing_, true);
    keep->DataReceived(buffer.first(filled));
    passing_ = outer;
  }
  if (n == std::size_t{0}) {
    TellEof();
    StartShutdown();
  }
  return filled < buffer.size();
}

void TlsProtocol::TellEof() {
  info_->close_notify_received = session_.close_notify_received();
  if (told_ != Told::kMade) return;
  told_ = Told::kEof;
  // That it would stay open for writing has no effect.
  Guard("Error calling EofReceived()", [&] { protocol_->EofReceived(); });
}

void TlsProtocol::SetReadBufferLimits(ReadBufferLimits limits) {
  read_limits_ = internal::FillIn(limits, kReadHighWater);
  if (transport_ != nullptr) ControlReading();
}

void TlsProtocol::ControlReading() {
  const std::size_t size = session_.incoming_size();
  if (size >= *read_limits_.high && !wire_reading_paused_) {
    wire_reading_paused_ = true;
    transport_->PauseReading();
  } else if (size <= *read_limits_.low && wire_reading_paused_) {
    wire_reading_paused_ = false;
    transport_->ResumeReading();
  }
}

// ---- Writing

bool TlsProtocol::MayWrite() {
  if (sending_file_) throw RuntimeError("Write while a file is being sent");
  if (state_ == State::kWrapped || state_ == State::kHandshake) return true;
  if (late_writes_ == kForgivenWrites) {
    core_->Report("A TLS connection is written to that is closed", nullptr,
                  "tls");
  }
  ++late_writes_;
  return false;
}

void TlsProtocol::Write(std::span<const char> data) {
  if (data.empty() || !MayWrite()) return;
  if (state_ != State::kWrapped || !backlog_.empty()) {
    backlog_.Append(data);
    return;
  }
  Guard("Fatal error on TLS protocol", [&] {
    backlog_.Append(data.subspan(session_.Write(data)));
    SendOutgoing();
  });
}

void TlsProtocol::WriteLines(std::span<const std::span<const char>> lines) {
  if (!MayWrite()) return;
  for (const std::span<const char> line : lines) backlog_.Append(line);
  if (state_ != State::kWrapped) return;
  Guard("Fatal error on TLS protocol", [&] { DoWrite(); });
}

void TlsProtocol::WriteEof() {
  throw RuntimeError("TLS cannot be closed in one direction: use Close");
}

void TlsProtocol::DoWrite() {
  if (!backlog_.empty() && is_wrapped()) {
    backlog_.Drop(session_.Write(backlog_.data()));
  }
  SendOutgoing();
}

void TlsProtocol::SendOutgoing() {
  if (!wire_paused_ && !lost_ && session_.outgoing_size() > 0) {
    transport_->Write(session_.outgoing());
    session_.ClearOutgoing();
  }
  ControlWriting();
}

void TlsProtocol::ControlWriting() {
  if (protocol_ == nullptr || told_ == Told::kNothing) return;
  const std::size_t size = GetWriteBufferSize();
  // At the mark, not above it; what is empty never pauses.
  flow_.Grown(size == 0 ? 0 : size + 1, protocol_.get());
  flow_.Shrunk(size, protocol_.get());
}

void TlsProtocol::SetWriteBufferLimits(WriteBufferLimits limits) {
  flow_.SetLimits(internal::FillIn(limits, kHighWater));
  ControlWriting();
}

// ---- The end

void TlsProtocol::Close() {
  if (closed_) return;
  closed_ = true;
  StartShutdown();
}

void TlsProtocol::StartShutdown() {
  if (state_ == State::kHandshake) return Abort();
  if (state_ == State::kFlushing && eof_received_) return EndFlush();
  if (state_ != State::kWrapped) return;
  closed_ = true;
  state_ = State::kFlushing;
  StartTimer(options_.shutdown_timeout, "tls_shutdown_timeout",
             &TlsProtocol::ShutdownLate);
  DoFlush();
}

void TlsProtocol::DoFlush() {
  DoRead();
  // What came before the peer's end waits until the protocol wants it.
  const bool later = eof_received_ && reading_paused_ && !closed_;
  if (state_ == State::kFlushing && !later) EndFlush();
}

void TlsProtocol::EndFlush() {
  state_ = State::kShutdown;
  DoShutdown();
}

void TlsProtocol::DoShutdown() {
  Guard("Fatal error on transport", [&] {
    // There is nothing to wait for behind the end.
    if (eof_received_) session_.SendCloseNotify();
    const bool done = eof_received_ || session_.Shutdown();
    SendOutgoing();
    if (!done) return;
    TellEof();
    ShutdownDone();
  });
}

void TlsProtocol::ShutdownDone() {
  timer_.Cancel();
  Queue("tls_close", [transport = transport_] { transport->Close(); });
}

void TlsProtocol::Abort() {
  closed_ = true;
  // A handshake stays one: who waits for it learns that it has failed.
  if (state_ != State::kHandshake) state_ = State::kUnwrapped;
  if (transport_ != nullptr) transport_->Abort();
}

void TlsProtocol::Fail(std::exception_ptr error, std::string_view message) {
  timer_.Cancel();
  state_ = State::kUnwrapped;
  closed_ = true;
  if (error_ == nullptr) error_ = error;
  if (!lost_) {
    // The alert that says why.
    if (!wire_paused_ && session_.outgoing_size() > 0) {
      transport_->Write(session_.outgoing());
      session_.ClearOutgoing();
    }
    transport_->Abort();
  }
  if (!IsException<std::system_error>(error) || core_->debug) {
    core_->Report(message, error, "tls");
  }
  WakeWaiter(std::move(error));
}

}  // namespace rondo
