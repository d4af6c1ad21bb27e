#include "rondo/runtime/socket_transport.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/io.h"
#include "rondo/runtime/read_scratch.h"

namespace rondo::internal {
namespace {

// Writes after the loss of the connection that are forgiven in silence.
// Source: asyncio.constants.LOG_THRESHOLD_FOR_CONNLOST_WRITES.
constexpr int kForgivenWrites = 5;

}  // namespace

std::shared_ptr<SocketTransport> SocketTransport::Start(
    Socket socket, std::shared_ptr<Protocol> protocol, Future<> waiter,
    std::shared_ptr<ConnectionOwner> owner) {
  auto transport = std::make_shared<SocketTransport>(
      std::move(socket), std::move(protocol), std::move(owner));
  LoopCore* const core = transport->core_;
  const auto queue = [core](auto callback, HandleKind kind,
                            const std::string& name) {
    core->Push(core->NewCallback(std::move(callback), kind, name));
  };
  if (!core->Accepts()) return transport;
  queue([transport] { transport->protocol_->ConnectionMade(transport); },
        HandleKind::kTransport, transport->Label("connection_made"));
  queue([transport] { transport->StartReading(); }, HandleKind::kTransport,
        transport->Label("start_reading"));
  if (waiter) {
    queue(
        [waiter]() mutable {
          if (!waiter.done()) waiter.SetResult();
        },
        HandleKind::kCallback, "set_result_unless_cancelled");
  }
  return transport;
}

SocketTransport::SocketTransport(Socket socket,
                                 std::shared_ptr<Protocol> protocol,
                                 std::shared_ptr<ConnectionOwner> owner)
    : core_(RunningCore()),
      network_(&NetworkOf(core_)),
      socket_(std::move(socket)),
      owner_(std::move(owner)),
      flow_(core_) {
  SetProtocol(std::move(protocol));
  // Now: a reset makes the kernel forget the peer.
  network_->LocalAddress(fd(), &local_);
  network_->PeerAddress(fd(), &peer_);
  // Segments of Nagle's algorithm wait for acknowledgements. (A Unix socket
  // refuses.)
  network_->SetOption(fd(), SocketOption::kNoDelay, 1);
  if (owner_ != nullptr) owner_->Attach(this);
}

SocketTransport::~SocketTransport() {
  if (owner_ != nullptr) owner_->Detach(this);
  if (socket_ && core_->open) {
    core_->Report("A transport was dropped that nobody has closed", nullptr,
                  Label("transport"));
  }
}

std::string SocketTransport::Label(std::string_view what) const {
  return core_->watched ? IoLabel(core_, what, fd()) : std::string();
}

std::any SocketTransport::GetExtraInfo(std::string_view name) const {
  if (name == "sockname") return local_;
  if (name == "peername") return peer_;
  if (name == "socket") return fd();
  return {};
}

void SocketTransport::SetProtocol(std::shared_ptr<Protocol> protocol) {
  if (protocol == nullptr) throw ValueError("a transport needs a protocol");
  buffered_ = dynamic_cast<BufferedProtocol*>(protocol.get());
  protocol_ = std::move(protocol);
}

// ---- Reading

void SocketTransport::AddReader() {
  if (ended_) return;
  Watch(
      core_, fd(), kReadable,
      [self = shared_from_this()] { self->ReadReady(); }, "read_ready");
}

void SocketTransport::StartReading() {
  if (is_reading()) AddReader();
}

void SocketTransport::PauseReading() {
  if (!is_reading()) return;
  paused_ = true;
  core_->io->Remove(fd(), kReadable);
}

void SocketTransport::ResumeReading() {
  if (closing_ || !paused_) return;
  paused_ = false;
  AddReader();
}

template <class F>
bool SocketTransport::Guard(std::string_view message, F&& f) {
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

void SocketTransport::ReadReady() {
  if (lost_ != 0) return;
  const std::shared_ptr<Protocol> keep = protocol_;
  if (buffered_ != nullptr) {
    ReadIntoBuffer(buffered_);
  } else {
    ReadAndPass();
  }
}

bool SocketTransport::HasRead(SysResult result) {
  if (result > 0) return true;
  if (result == 0) {
    EndOfFile();
  } else if (result != -EAGAIN) {
    Fail(ErrorOf(result, "recv"), "Fatal read error on socket transport");
  }
  return false;
}

void SocketTransport::ReadIntoBuffer(BufferedProtocol* protocol) {
  std::span<char> buffer;
  const bool ok = Guard("Fatal error: protocol.GetBuffer() failed", [&] {
    buffer = protocol->GetBuffer(0);
    if (buffer.empty()) {
      throw RuntimeError("GetBuffer() returned an empty buffer");
    }
  });
  if (!ok) return;
  const SysResult n = network_->Receive(fd(), buffer);
  if (!HasRead(n)) return;
  Guard("Fatal error: protocol.BufferUpdated() failed",
        [&] { protocol->BufferUpdated(static_cast<std::size_t>(n)); });
}

void SocketTransport::ReadAndPass() {
  const std::span<char> buffer = ReadScratch();
  const SysResult n = network_->Receive(fd(), buffer);
  if (!HasRead(n)) return;
  Guard("Fatal error: protocol.DataReceived() failed", [&] {
    protocol_->DataReceived(buffer.first(static_cast<std::size_t>(n)));
  });
}

void SocketTransport::EndOfFile() {
  ended_ = true;
  bool keep_open = false;
  const bool ok = Guard("Fatal error: protocol.EofReceived() failed",
                        [&] { keep_open = protocol_->EofReceived(); });
  if (!ok) return;
  if (keep_open) {
    // There is nothing more to be read, but perhaps to be written.
    core_->io->Remove(fd(), kReadable);
  } else {
    Close();
  }
}

// ---- Writing

void SocketTransport::SetWriteBufferLimits(WriteBufferLimits limits) {
  flow_.SetLimits(limits);
  flow_.Grown(buffer_.size(), protocol_.get());
}

bool SocketTransport::MayWrite(std::string_view call) {
  if (eof_) {
    throw RuntimeError(std::string(call) + " was called after WriteEof");
  }
  if (empty_waiter_) {
    throw RuntimeError(std::string(call) + " while a file is being sent");
  }
  if (lost_ == 0) return true;
  if (lost_ == kForgivenWrites) {
    core_->Report("A transport is written to that has lost its connection",
                  nullptr, Label("transport"));
  }
  ++lost_;
  return false;
}

void SocketTransport::AddWriter() {
  Watch(
      core_, fd(), kWritable,
      [self = shared_from_this()] { self->WriteReady(); }, "write_ready");
}

void SocketTransport::Write(std::span<const char> data) {
  if (!MayWrite("Write") || data.empty()) return;
  if (buffer_.empty()) {
    const SysResult n = network_->Send(fd(), data);
    if (n >= 0) {
      data = data.subspan(static_cast<std::size_t>(n));
      if (data.empty()) return;
    } else if (n != -EAGAIN) {
      Fail(ErrorOf(n, "send"), "Fatal write error on socket transport");
      return;
    }
    AddWriter();
  }
  buffer_.Append(data);
  flow_.Grown(buffer_.size(), protocol_.get());
}

void SocketTransport::WriteLines(std::span<const std::span<const char>> lines) {
  if (!MayWrite("WriteLines")) return;
  std::size_t sent = 0;
  const bool wait = buffer_.empty();
  if (wait) {
    const SysResult n = network_->SendMessage(fd(), lines);
    if (n >= 0) {
      sent = static_cast<std::size_t>(n);
    } else if (n != -EAGAIN) {
      Fail(ErrorOf(n, "sendmsg"), "Fatal write error on socket transport");
      return;
    }
  }
  for (const std::span<const char> line : lines) {
    const std::size_t skip = std::min(sent, line.size());
    sent -= skip;
    buffer_.Append(line.subspan(skip));
  }
  if (buffer_.empty()) return;
  if (wait) AddWriter();
  flow_.Grown(buffer_.size(), protocol_.get());
}

bool SocketTransport::SendBuffer() {
  const SysResult n = network_->Send(fd(), buffer_.data());
  if (n >= 0) {
    buffer_.Drop(static_cast<std::size_t>(n));
  } else if (n != -EAGAIN) {
    core_->io->Remove(fd(), kWritable);
    buffer_.Clear();
    const std::exception_ptr error = ErrorOf(n, "send");
    Fail(error, "Fatal write error on socket transport");
    if (empty_waiter_ && !empty_waiter_.done()) {
      empty_waiter_.SetException(error);
    }
    return false;
  }
  return true;
}

void SocketTransport::WriteReady() {
  if (lost_ != 0 || !SendBuffer()) return;
  const std::shared_ptr<Protocol> keep = protocol_;
  flow_.Shrunk(buffer_.size(), protocol_.get());
  if (buffer_.empty()) Flushed();
}

void SocketTransport::Flushed() {
  core_->io->Remove(fd(), kWritable);
  if (empty_waiter_ && !empty_waiter_.done()) empty_waiter_.SetResult();
  if (closing_) {
    CallConnectionLost(nullptr);
  } else if (eof_) {
    network_->Shutdown(fd(), ShutdownHow::kSend);
  }
}

void SocketTransport::WriteEof() {
  if (closing_ || eof_) return;
  eof_ = true;
  if (buffer_.empty()) network_->Shutdown(fd(), ShutdownHow::kSend);
}

Future<> SocketTransport::BeginSendFile() {
  if (empty_waiter_) throw RuntimeError("a file is being sent already");
  empty_waiter_ = CreateFuture();
  if (buffer_.empty()) empty_waiter_.SetResult();
  return empty_waiter_;
}

// ---- The end

std::exception_ptr SocketTransport::ErrorOf(SysResult result,
                                            std::string_view call) const {
  return std::make_exception_ptr(SocketError(result, call, peer_.ToString()));
}

void SocketTransport::Fail(std::exception_ptr error, std::string_view message) {
  if (!IsException<std::system_error>(error) || core_->debug) {
    core_->Report(message, error, Label("transport"));
  }
  ForceClose(std::move(error));
}

void SocketTransport::Close() {
  if (closing_) return;
  closing_ = true;
  core_->io->Remove(fd(), kReadable);
  if (buffer_.empty()) QueueConnectionLost(nullptr);
}

void SocketTransport::ForceClose(std::exception_ptr error) {
  if (lost_ != 0) return;
  if (!buffer_.empty()) {
    buffer_.Clear();
    core_->io->Remove(fd(), kWritable);
  }
  if (!closing_) {
    closing_ = true;
    core_->io->Remove(fd(), kReadable);
  }
  QueueConnectionLost(std::move(error));
}

void SocketTransport::QueueConnectionLost(std::exception_ptr error) {
  ++lost_;
  if (!core_->Accepts()) return;
  core_->Push(core_->NewCallback(
      [self = shared_from_this(), error = std::move(error)] {
        self->CallConnectionLost(error);
      },
      HandleKind::kTransport, Label("connection_lost")));
}

void SocketTransport::CallConnectionLost(std::exception_ptr error) {
  // Whatever the protocol does, the socket closes and the circle breaks.
  struct End {
    SocketTransport* self;
    ~End() {
      if (self->lost_ == 0) self->lost_ = 1;
      self->socket_.Close();
      self->protocol_.reset();
      self->buffered_ = nullptr;
      if (const auto owner = std::move(self->owner_)) owner->Detach(self);
    }
  } const end{this};
  if (empty_waiter_ && !empty_waiter_.done()) {
    empty_waiter_.SetException(
        SocketError(-ECONNRESET, "sendfile", peer_.ToString()));
  }
  protocol_->ConnectionLost(std::move(error));
}

}  // namespace rondo::internal
