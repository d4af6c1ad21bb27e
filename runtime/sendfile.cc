#include "rondo/runtime/sendfile.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <any>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "rondo/runtime/file_transport.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/run_in_executor.h"
#include "rondo/runtime/selector.h"
#include "rondo/runtime/socket_transport.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/task.h"

namespace rondo {
namespace {

using internal::FileTransport;
using internal::SocketError;
using internal::SocketTransport;
using internal::WouldBlock;

// Of one call of the kernel; and of one read: for a socket, for a transport.
// Source: asyncio.constants.SENDFILE_FALLBACK_READBUFFER_SIZE; sendfile(2).
constexpr std::size_t kMostAtOnce = 0x7ffff000;
constexpr std::size_t kSocketBlock = 256 * 1024;
constexpr std::size_t kTransportBlock = 16 * 1024;

[[noreturn]] void ThrowErrno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::string ReadAt(int file, std::int64_t offset, std::size_t size) {
  std::string data(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t n = pread(file, data.data() + filled, size - filled,
                            offset + static_cast<std::int64_t>(filled));
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) ThrowErrno("SendFile: read");
    filled += static_cast<std::size_t>(n);
  }
  data.resize(filled);
  return data;
}

// Which part of a file is sent, and how far it is.
class Part {
 public:
  Part(int file, const SendFileOptions& options)
      : file_(file), offset_(options.offset), count_(options.count) {
    if (offset_ < 0) {
      throw ValueError("SendFile: offset must not be negative, and is " +
                       std::to_string(offset_));
    }
    if (count_.value_or(1) <= 0) {
      throw ValueError("SendFile: count must be positive, and is " +
                       std::to_string(*count_));
    }
    struct stat status;
    if (fstat(file, &status) < 0) ThrowErrno("SendFile: fstat");
    if (!S_ISREG(status.st_mode)) {
      throw ValueError("SendFile: descriptor " + std::to_string(file) +
                       " is no regular file");
    }
    size_ = status.st_size;
  }

  int file() const { return file_; }
  std::int64_t offset() const { return offset_ + sent_; }
  std::int64_t sent() const { return sent_; }
  // How much is to be sent next.
  std::size_t Next(std::size_t most) const {
    if (!count_.has_value()) return most;
    return static_cast<std::size_t>(
        std::min(static_cast<std::int64_t>(most), *count_ - sent_));
  }
  // What the next attempt will say needs no waiting for.
  bool AtEnd() const { return Next(1) == 0 || offset() == size_; }
  void Sent(std::size_t n) {
    sent_ += static_cast<std::int64_t>(n);
    lseek(file_, offset(), SEEK_SET);
  }

 private:
  int file_;
  std::int64_t offset_;
  std::optional<std::int64_t> count_;
  std::int64_t size_ = 0;
  std::int64_t sent_ = 0;
};

// ---- By the kernel

// That it is not the connection's fault.
bool CannotSend(SysResult result) {
  return result == -EOPNOTSUPP || result == -EINVAL || result == -ENOSYS ||
         result == -ESPIPE;
}

class SocketTarget {
 public:
  explicit SocketTarget(int fd)
      : network_(&internal::NetworkFor(fd)), fd_(fd) {}

  SysResult SendFile(int file, std::int64_t offset, std::size_t size) {
    return network_->SendFile(fd_, file, offset, size);
  }
  Future<> Writable() {
    return internal::SockReady(fd_, kWritable, "sock_sendfile");
  }
  std::string peer() const { return internal::PeerOf(*network_, fd_); }

 private:
  Network* network_;
  int fd_;
};

// Returns whether the kernel could.
template <class Target>
Coro<bool> SendByKernel(Target* target, Part* part) {
  for (;;) {
    const std::size_t size = part->Next(kMostAtOnce);
    if (size == 0) co_return true;
    const SysResult n = target->SendFile(part->file(), part->offset(), size);
    if (n == 0) co_return true;
    if (n > 0) part->Sent(static_cast<std::size_t>(n));
    if (n < 0 && !WouldBlock(n)) {
      if (part->sent() == 0 && CannotSend(n)) co_return false;
      internal::ThrowSocketError(n, "sendfile", target->peer());
    }
    // Others have their turn, too.
    if (n < 0 || !part->AtEnd()) co_await target->Writable();
  }
}

// ---- By reading and writing

using Writer = std::function<Coro<>(std::span<const char>)>;

// Reads blocks of `most` bytes. The writer must live until the end.
Coro<> SendByReading(Part* part, std::size_t most, const Writer* write) {
  for (;;) {
    const std::size_t size = part->Next(most);
    if (size == 0) co_return;
    const std::string data =
        co_await RunInExecutor(ReadAt, part->file(), part->offset(), size);
    if (data.empty()) co_return;
    co_await (*write)(data);
    part->Sent(data.size());
  }
}

void RequireFallback(const SendFileOptions& options) {
  if (options.fallback) return;
  throw SendfileNotAvailableError(
      "the kernel cannot send this file there, and fallback is false");
}

std::exception_ptr LostError() {
  return std::make_exception_ptr(
      SocketError(-ECONNRESET, "sendfile", "through a transport that closes"));
}

void RequireOpen(const Transport& transport) {
  if (transport.is_closing()) std::rethrow_exception(LostError());
}

// Stands in for the protocol of a transport while a file goes through it.
// Source: asyncio.base_events._SendfileFallbackProtocol.
class StandIn final : public Protocol {
 public:
  StandIn(std::shared_ptr<Protocol> protocol, bool paused)
      : protocol_(std::move(protocol)), was_paused_(paused) {
    if (paused) PauseWriting();
  }

  void DataReceived(std::span<const char>) override {
    throw RuntimeError("data was received while reading is paused");
  }
  bool EofReceived() override { return protocol_->EofReceived(); }
  void PauseWriting() override { writable_ = CreateFuture(); }
  void ResumeWriting() override {
    if (!writable_.done()) writable_.SetResult();
    writable_ = Future<>();
  }
  void ConnectionLost(std::exception_ptr error) override {
    if (writable_ && !writable_.done()) {
      writable_.SetException(error != nullptr ? error : LostError());
    }
    protocol_->ConnectionLost(std::move(error));
  }

  // Empty: it is.
  Future<> writable() const { return writable_; }

  // Gives the transport its protocol back, unless that has changed or is gone.
  void Leave(Transport& transport, const FileTransport& file) {
    if (transport.GetProtocol().get() != this) return;
    transport.SetProtocol(protocol_);
    const bool paused = file.writing_paused();
    if (paused && !was_paused_) protocol_->PauseWriting();
    if (!paused && was_paused_) protocol_->ResumeWriting();
  }

 private:
  const std::shared_ptr<Protocol> protocol_;
  const bool was_paused_;
  Future<> writable_;
};

// ---- Through a transport

Coro<bool> SendByKernel(SocketTransport* socket, Part* part) {
  struct Target {
    SysResult SendFile(int file, std::int64_t offset, std::size_t size) {
      return socket->SendFile(file, offset, size);
    }
    Future<> Writable() { return socket->Writable(); }
    std::string peer() const {
      return std::any_cast<SocketAddress>(socket->GetExtraInfo("peername"))
          .ToString();
    }
    SocketTransport* socket;
  } target{socket};
  bool sent = false;
  try {
    if (socket->GetWriteBufferSize() > 0) co_await socket->Writable();
    sent = co_await SendByKernel<Target>(&target, part);
  } catch (...) {
    socket->ForgetWritable();
    throw;
  }
  socket->ForgetWritable();
  co_return sent;
}

Coro<> WriteTo(Transport* transport, FileTransport* file, StandIn* stand_in,
               std::span<const char> data) {
  if (const Future<> writable = stand_in->writable()) co_await writable;
  RequireOpen(*transport);
  file->set_sending_file(false);  // This is the one who may.
  transport->Write(data);
  file->set_sending_file(true);
  RequireOpen(*transport);
}

Coro<> SendByReading(Transport* transport, FileTransport* file, Part* part) {
  const auto stand_in = std::make_shared<StandIn>(transport->GetProtocol(),
                                                  file->writing_paused());
  transport->SetProtocol(stand_in);
  const Writer write = [&](std::span<const char> data) {
    return WriteTo(transport, file, stand_in.get(), data);
  };
  try {
    co_await SendByReading(part, kTransportBlock, &write);
  } catch (...) {
    stand_in->Leave(*transport, *file);
    throw;
  }
  stand_in->Leave(*transport, *file);
}

Coro<> SendThrough(Transport* transport, FileTransport* file, Part* part,
                   SendFileOptions options) {
  if (auto* const socket = dynamic_cast<SocketTransport*>(transport)) {
    if (co_await SendByKernel(socket, part)) co_return;
  }
  RequireFallback(options);
  co_await SendByReading(transport, file, part);
}

}  // namespace

Coro<std::int64_t> SockSendFile(int fd, int file, SendFileOptions options) {
  SocketTarget target(fd);
  Part part(file, options);
  if (!co_await SendByKernel(&target, &part)) {
    RequireFallback(options);
    const Writer write = [fd](std::span<const char> data) {
      return SockSendAll(fd, data);
    };
    co_await SendByReading(&part, kSocketBlock, &write);
  }
  co_return part.sent();
}

Coro<std::int64_t> SendFile(std::shared_ptr<Transport> transport, int file,
                            SendFileOptions options) {
  if (transport == nullptr) throw ValueError("SendFile needs a transport");
  auto* const sender = dynamic_cast<FileTransport*>(transport.get());
  if (sender == nullptr) {
    throw RuntimeError("no file can be sent through this kind of transport");
  }
  if (transport->is_closing()) throw RuntimeError("the transport is closing");
  if (sender->sending_file()) {
    throw RuntimeError("a file is being sent through the transport already");
  }
  Part part(file, options);
  const bool was_reading = transport->is_reading();
  transport->PauseReading();
  sender->set_sending_file(true);
  const auto end = [&] {
    sender->set_sending_file(false);
    if (was_reading) transport->ResumeReading();
  };
  try {
    co_await SendThrough(transport.get(), sender, &part, options);
  } catch (...) {
    end();
    throw;
  }
  end();
  co_return part.sent();
}

}  // namespace rondo
