#include "rondo/runtime/socket_transport.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/pool_allocator.h"

namespace rondo::internal {

std::shared_ptr<SocketTransport> SocketTransport::Start(
    Socket socket, std::shared_ptr<Protocol> protocol, const Future<>& waiter,
    std::shared_ptr<ConnectionOwner> owner) {
  auto transport = std::allocate_shared<SocketTransport>(
      PoolAllocator<SocketTransport>(RunningCore()->pool), std::move(socket),
      std::move(protocol), std::move(owner));
  transport->QueueStart(waiter);
  return transport;
}

SocketTransport::SocketTransport(Socket socket,
                                 std::shared_ptr<Protocol> protocol,
                                 std::shared_ptr<ConnectionOwner> owner)
    : StreamTransport(std::move(socket), std::move(protocol)),
      owner_(std::move(owner)) {
  // Segments of Nagle's algorithm wait for acknowledgements. (A Unix socket
  // refuses.)
  if (!no_delay_) network_->SetOption(fd(), SocketOption::kNoDelay, 1);
  if (owner_ != nullptr) number_ = owner_->Attach(this);
}

SocketTransport::~SocketTransport() {
  if (owner_ != nullptr) owner_->Detach(number_);
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

void SocketTransport::ReadReady() {
  if (lost_ != 0) return;
  bool on = false;
  do {
    bool filled = false;
    const SysResult n = ReadOnce([&](std::span<char> buffer) {
      const SysResult result = network_->Receive(fd(), buffer);
      filled = result == static_cast<SysResult>(buffer.size());
      return result;
    });
    if (n == 0) {
      if (!on) EndOfFile();  // Else it has a readiness of its own.
    } else if (n < 0 && n != -EAGAIN) {
      Fail(ErrorOf(n, "recv"), "Fatal read error on socket transport");
    }
    on = filled && is_reading() && ReadsOn();
  } while (on);
}

void SocketTransport::EndOfFile() {
  ended_ = true;
  bool keep_open = false;
  const std::shared_ptr<Protocol> keep = protocol_;
  const bool ok = Guard("Fatal error: protocol.EofReceived() failed",
                        [&] { keep_open = keep->EofReceived(); });
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
  if (sending_file_) [[unlikely]] {
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
    if (writable_ && !writable_.done()) writable_.SetException(error);
    return false;
  }
  return true;
}

void SocketTransport::WriteReady() {
  if (lost_ != 0 || (!buffer_.empty() && !SendBuffer())) return;
  const std::shared_ptr<Protocol> keep = protocol_;
  flow_.Shrunk(buffer_.size(), protocol_.get());
  if (buffer_.empty()) Flushed();
}

void SocketTransport::Flushed() {
  RemoveWriter();
  if (writable_ && !writable_.done()) writable_.SetResult();
  if (closing_) {
    CallConnectionLost(nullptr);
  } else if (eof_) {
    network_->Shutdown(fd(), ShutdownHow::kSend);
  }
}

void SocketTransport::WriteEof() {
  if (closing_ || eof_) return;
  MayWrite("WriteEof");
  eof_ = true;
  if (buffer_.empty()) network_->Shutdown(fd(), ShutdownHow::kSend);
}

// ---- Sending a file

Future<> SocketTransport::Writable() {
  writable_ = CreateFuture();
  if (closing_) {
    writable_.SetException(ErrorOf(-ECONNRESET, "sendfile"));
  } else if (buffer_.empty()) {
    AddWriter();
  }
  return writable_;
}

void SocketTransport::ForgetWritable() {
  writable_ = Future<>();
  if (buffer_.empty()) RemoveWriter();
}

SysResult SocketTransport::SendFile(int file, std::int64_t offset,
                                    std::size_t size) {
  if (closing_) return -ECONNRESET;
  return network_->SendFile(fd(), file, offset, size);
}

// ---- The end

void SocketTransport::Lose(std::exception_ptr error) {
  if (writable_ && !writable_.done()) {
    writable_.SetException(ErrorOf(-ECONNRESET, "sendfile"));
  }
  StreamTransport::Lose(std::move(error));
}

void SocketTransport::LetProtocolGo() {
  StreamTransport::LetProtocolGo();
  if (const auto owner = std::move(owner_)) owner->Detach(number_);
}

}  // namespace rondo::internal
