#include "rondo/runtime/pipe_transport.h"

#include <cerrno>
#include <string>
#include <utility>

#include "rondo/runtime/errors.h"

namespace rondo::internal {

// ---- Both ends

std::any PipeTransport::GetExtraInfo(std::string_view name) const {
  if (name == "pipe") return fd();
  return {};
}

// ---- The end that reads

namespace {

[[noreturn]] void ThrowReadsOnly(std::string_view call) {
  throw RuntimeError(std::string(call) +
                     ": this end of the pipe can only be read");
}

[[noreturn]] void ThrowWritesOnly(std::string_view call) {
  throw RuntimeError(std::string(call) +
                     ": this end of the pipe can only be written to");
}

}  // namespace

std::shared_ptr<ReadPipeTransport> ReadPipeTransport::Start(
    Socket pipe, std::shared_ptr<Protocol> protocol, const Future<>& waiter) {
  auto transport =
      std::make_shared<ReadPipeTransport>(std::move(pipe), std::move(protocol));
  transport->QueueStart(waiter);
  return transport;
}

void ReadPipeTransport::PauseReading() {
  if (!is_reading()) return;
  paused_ = true;
  RemoveReader();
}

void ReadPipeTransport::ResumeReading() {
  if (closing_ || !paused_) return;
  paused_ = false;
  AddReader();
}

void ReadPipeTransport::ReadReady() {
  if (lost_ != 0) return;
  const SysResult n = ReadOnce(
      [this](std::span<char> buffer) { return network_->Read(fd(), buffer); });
  if (n == 0) {
    EndOfFile();
  } else if (n < 0 && n != -EAGAIN) {
    Fail(std::make_exception_ptr(SocketError(n, "read", "pipe")),
         "Fatal read error on pipe transport");
  }
}

void ReadPipeTransport::EndOfFile() {
  closing_ = true;
  RemoveReader();
  Queue(
      [self = std::static_pointer_cast<ReadPipeTransport>(shared_from_this())] {
        // What it answers changes nothing: there is no other direction.
        if (const auto protocol = self->protocol_) protocol->EofReceived();
      },
      HandleKind::kTransport, Label("eof_received"));
  QueueConnectionLost(nullptr);
}

void ReadPipeTransport::Write(std::span<const char>) {
  ThrowReadsOnly("Write");
}

void ReadPipeTransport::WriteLines(std::span<const std::span<const char>>) {
  ThrowReadsOnly("WriteLines");
}

void ReadPipeTransport::WriteEof() { ThrowReadsOnly("WriteEof"); }

// ---- The end that writes

std::shared_ptr<WritePipeTransport> WritePipeTransport::Start(
    Socket pipe, DescriptorKind kind, std::shared_ptr<Protocol> protocol,
    const Future<>& waiter) {
  auto transport = std::make_shared<WritePipeTransport>(std::move(pipe), kind,
                                                        std::move(protocol));
  transport->QueueStart(waiter);
  return transport;
}

void WritePipeTransport::PauseReading() { ThrowWritesOnly("PauseReading"); }

void WritePipeTransport::ResumeReading() { ThrowWritesOnly("ResumeReading"); }

void WritePipeTransport::ReadReady() {
  // Nobody reads any more: an error only if somebody should have.
  std::exception_ptr error;
  if (!buffer_.empty()) {
    error = std::make_exception_ptr(SocketError(-EPIPE, "write", "pipe"));
  }
  ForceClose(std::move(error));
}

bool WritePipeTransport::MayWrite(std::span<const char> data) {
  if (data.empty()) return false;
  if (lost_ != 0) NoteLateWrite();
  return lost_ == 0 && !closing_;
}

std::ptrdiff_t WritePipeTransport::Send(std::span<const char> data) {
  const SysResult n = network_->Write(fd(), data);
  if (n >= 0) return static_cast<std::ptrdiff_t>(n);
  if (n == -EAGAIN) return 0;
  Fail(std::make_exception_ptr(SocketError(n, "write", "pipe")),
       "Fatal write error on pipe transport");
  return -1;
}

void WritePipeTransport::Write(std::span<const char> data) {
  if (!MayWrite(data)) return;
  if (buffer_.empty()) {
    const std::ptrdiff_t n = Send(data);
    if (n < 0) return;
    data = data.subspan(static_cast<std::size_t>(n));
    if (data.empty()) return;
    AddWriter();
  }
  buffer_.Append(data);
  flow_.Grown(buffer_.size(), protocol_.get());
}

void WritePipeTransport::WriteLines(
    std::span<const std::span<const char>> lines) {
  std::string all;
  for (const std::span<const char> line : lines) {
    all.append(line.data(), line.size());
  }
  Write(all);
}

void WritePipeTransport::WriteReady() {
  if (lost_ != 0) return;
  const std::shared_ptr<Protocol> keep = protocol_;
  const std::ptrdiff_t n = Send(buffer_.data());
  if (n < 0) return;
  buffer_.Drop(static_cast<std::size_t>(n));
  if (!buffer_.empty()) return;
  RemoveWriter();
  flow_.Shrunk(0, protocol_.get());  // Which may write again.
  if (closing_) CallConnectionLost(nullptr);
}

}  // namespace rondo::internal
