#include "rondo/runtime/socket_transport.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/read_scratch.h"

namespace rondo::internal {

std::shared_ptr<SocketTransport> SocketTransport::Start(
    Socket socket, std::shared_ptr<Protocol> protocol, const Future<>& waiter,
    std::shared_ptr<ConnectionOwner> owner) {
  auto transport = std::make_shared<SocketTransport>(
      std::move(socket), std::move(protocol), std::move(owner));
  transport->QueueStart(waiter);
  return transport;
}

SocketTransport::SocketTransport(Socket socket,
                                 std::shared_ptr<Protocol> protocol,
                                 std::shared_ptr<ConnectionOwner> owner)
    : SelectorTransport(std::move(socket)), owner_(std::move(owner)) {
  SetProtocol(std::move(protocol));
  // Segments of Nagle's algorithm wait for acknowledgements. (A Unix socket
  // refuses.)
  network_->SetOption(fd(), SocketOption::kNoDelay, 1);
  if (owner_ != nullptr) owner_->Attach(this);
}

SocketTransport::~SocketTransport() {
  if (owner_ != nullptr) owner_->Detach(this);
}

void SocketTransport::ConnectionMade() {
  protocol_->ConnectionMade(
      std::static_pointer_cast<SocketTransport>(shared_from_this()));
}

void SocketTransport::SetProtocol(std::shared_ptr<Protocol> protocol) {
  if (protocol == nullptr) throw ValueError("a transport needs a protocol");
  buffered_ = dynamic_cast<BufferedProtocol*>(protocol.get());
  KeepWhileReading();
  protocol_ = std::move(protocol);
}

// ---- Reading

void SocketTransport::PauseReading() {
  if (!is_reading()) return;
  paused_ = true;
  RemoveReader();
}

void SocketTransport::ResumeReading() {
  if (closing_ || !paused_) return;
  paused_ = false;
  if (!ended_) AddReader();
}

void SocketTransport::KeepWhileReading() {
  if (reading_ && former_ == nullptr) former_ = std::move(protocol_);
}

void SocketTransport::ReadReady() {
  if (lost_ != 0) return;
  // Without counting references, which are atomic.
  struct Reading {
    explicit Reading(SocketTransport* t) : transport(t) {
      transport->reading_ = true;
    }
    ~Reading() {
      transport->reading_ = false;
      if (transport->former_ != nullptr) [[unlikely]] {
        transport->former_.reset();
      }
    }
    SocketTransport* transport;
  } const reading(this);
  if (BufferedProtocol* const protocol = buffered_) {
    bool on = false;
    do {
      on = ReadIntoBuffer(protocol, on) && is_reading() &&
           buffered_ == protocol && protocol->ReadsOn();
    } while (on);
  } else {
    ReadAndPass();
  }
}

void SocketTransport::NothingRead(SysResult result) {
  if (result == 0) {
    EndOfFile();
  } else if (result != -EAGAIN) {
    Fail(ErrorOf(result, "recv"), "Fatal read error on socket transport");
  }
}

bool SocketTransport::ReadIntoBuffer(BufferedProtocol* protocol, bool on) {
  std::span<char> buffer;
  const bool ok = Guard("Fatal error: protocol.GetBuffer() failed", [&] {
    buffer = protocol->GetBuffer(0);
    if (buffer.empty()) {
      throw RuntimeError("GetBuffer() returned an empty buffer");
    }
  });
  if (!ok) return false;
  const SysResult n = network_->Receive(fd(), buffer);
  if (n <= 0) [[unlikely]] {
    // The end has a readiness of its own.
    if (!on || n < 0) NothingRead(n);
    return false;
  }
  const auto size = static_cast<std::size_t>(n);
  return Guard("Fatal error: protocol.BufferUpdated() failed",
               [&] { protocol->BufferUpdated(size); }) &&
         size == buffer.size();
}

void SocketTransport::ReadAndPass() {
  const std::span<char> buffer = ReadScratch();
  const SysResult n = network_->Receive(fd(), buffer);
  if (n <= 0) [[unlikely]] {
    return NothingRead(n);
  }
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
    RemoveReader();
  } else {
    Close();
  }
}

// ---- Writing

bool SocketTransport::MayWriteSlow(std::string_view call) {
  if (eof_) {
    throw RuntimeError(std::string(call) + " was called after WriteEof");
  }
  if (empty_waiter_) {
    throw RuntimeError(std::string(call) + " while a file is being sent");
  }
  if (lost_ == 0) return true;
  NoteLateWrite();
  return false;
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
    RemoveWriter();
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
  RemoveWriter();
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

void SocketTransport::Lose(std::exception_ptr error) {
  if (empty_waiter_ && !empty_waiter_.done()) {
    empty_waiter_.SetException(
        SocketError(-ECONNRESET, "sendfile", peer_.ToString()));
  }
  protocol_->ConnectionLost(std::move(error));
}

void SocketTransport::LetProtocolGo() {
  KeepWhileReading();
  protocol_.reset();
  buffered_ = nullptr;
  if (const auto owner = std::move(owner_)) owner->Detach(this);
}

}  // namespace rondo::internal
