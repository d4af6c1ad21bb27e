#include "rondo/runtime/streams.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <utility>

#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/io.h"

namespace rondo {
namespace internal {

// The socket, what was read ahead, and who waits. The reader is registered
// from the first read that blocks until a readiness that nobody waits for, so
// a reader in a loop registers once.
//
// An awaiter that has suspended is known here until it dies, also after it was
// woken: it may still give its bytes back, and must learn when this dies.
class StreamCore {
 public:
  explicit StreamCore(Socket socket)
      : loop_(RunningCore()),
        network_(&NetworkOf(loop_)),
        socket_(std::move(socket)) {
    // Now: after a reset the kernel has forgotten it.
    network_->PeerAddress(socket_.fd(), &peer_);
  }
  StreamCore(const StreamCore&) = delete;
  StreamCore& operator=(const StreamCore&) = delete;
  ~StreamCore() {
    Close();
    if (reader_ != nullptr) reader_->stream_ = nullptr;
    if (writer_ != nullptr) writer_->stream_ = nullptr;
  }

  // ---- Reading

  // Throws: RuntimeError if somebody reads already.
  void RequireNoReader() const {
    if (reader_ == nullptr) return;
    throw RuntimeError(
        "Read called while another coroutine is already waiting for data");
  }
  // Fills `buffer` from what is there; -EAGAIN if nothing is.
  SysResult TryRead(std::span<char> buffer) {
    if (!ahead_.empty()) {
      const std::size_t n = std::min(buffer.size(), ahead_.size());
      std::copy_n(ahead_.data(), n, buffer.data());
      ahead_.erase(0, n);
      return static_cast<SysResult>(n);
    }
    if (!socket_) return -EBADF;
    return network_->Receive(socket_.fd(), buffer);
  }
  // Puts bytes back in front.
  void Unread(std::string_view bytes) { ahead_.insert(0, bytes); }

  void WaitToRead(StreamReadAwaiter* reader) {
    reader_ = reader;
    if (reading_) return;
    Watch(
        loop_, socket_.fd(), kReadable, [this] { ReadReady(); }, "read_ready");
    reading_ = true;
  }
  void StopWaiting(StreamReadAwaiter* reader) {
    if (reader_ == reader) reader_ = nullptr;
  }

  // ---- Writing

  void RequireNoWriter() const {
    if (writer_ == nullptr) return;
    throw RuntimeError(
        "WriteAll called while another coroutine is already writing");
  }
  SysResult TryWrite(std::span<const char> data) {
    if (!socket_) return -EBADF;
    return network_->Send(socket_.fd(), data);
  }
  void WaitToWrite(StreamWriteAwaiter* writer) {
    writer_ = writer;
    Watch(
        loop_, socket_.fd(), kWritable, [this] { WriteReady(); },
        "write_ready");
  }
  void StopWaiting(StreamWriteAwaiter* writer) {
    if (writer_ != writer) return;
    writer_ = nullptr;
    if (socket_ && !loop_->closed) loop_->io->Remove(socket_.fd(), kWritable);
  }

  void Close() {
    socket_.Close();
    reading_ = false;
    if (reader_ != nullptr) Wake(reader_, -ECONNABORTED);
    if (writer_ != nullptr) Wake(writer_, -ECONNABORTED);
  }

  const Socket& socket() const { return socket_; }
  Network& network() { return *network_; }
  LoopCore* loop() const { return loop_; }
  const SocketAddress& peer() const { return peer_; }

 private:
  template <class Awaiter>
  static void Wake(Awaiter* awaiter, SysResult result) {
    if (awaiter->future->done()) return;  // Woken or cancelled before.
    awaiter->result_ = result;
    awaiter->future->FinishResult();
  }

  void ReadReady() {
    if (reader_ == nullptr || reader_->future->done()) {
      // Nobody waits: ask again when somebody does.
      loop_->io->Remove(socket_.fd(), kReadable);
      reading_ = false;
      return;
    }
    const SysResult result = TryRead(reader_->buffer_);
    if (result == -EAGAIN) return;
    Wake(reader_, result);
  }

  void WriteReady() {
    if (writer_ == nullptr || writer_->future->done()) return;
    const SysResult result = TryWrite(writer_->data_);
    if (result == -EAGAIN) return;
    if (result >= 0) {
      writer_->data_ = writer_->data_.subspan(static_cast<std::size_t>(result));
      if (!writer_->data_.empty()) return;
    }
    loop_->io->Remove(socket_.fd(), kWritable);
    Wake(writer_, result);
  }

  LoopCore* loop_;
  Network* network_;
  Socket socket_;
  SocketAddress peer_;
  std::string ahead_;
  StreamReadAwaiter* reader_ = nullptr;
  StreamWriteAwaiter* writer_ = nullptr;
  bool reading_ = false;
};

namespace {

StreamCore* RequireOpen(StreamCore* stream) {
  if (stream == nullptr) throw ValueError("use of an empty Stream");
  return stream;
}

std::string PeerOf(const StreamCore* stream) {
  return stream == nullptr ? "" : stream->peer().ToString();
}

FutureCore* NewWaiter() {
  Future<> waiter = CreateFuture();
  waiter.core()->Ref();  // Given back by FutureAwaiterBase.
  return waiter.core();
}

}  // namespace

StreamReadAwaiter::StreamReadAwaiter(StreamCore* stream, std::span<char> buffer,
                                     std::source_location where)
    : FutureAwaiterBase(FutureRef<FutureCore>(), where),
      stream_(RequireOpen(stream)),
      buffer_(buffer) {}

StreamReadAwaiter::~StreamReadAwaiter() {
  if (stream_ != nullptr && future != nullptr) stream_->StopWaiting(this);
}

bool StreamReadAwaiter::await_ready() {
  if (buffer_.empty()) return true;
  stream_->RequireNoReader();
  result_ = stream_->TryRead(buffer_);
  if (result_ != -EAGAIN) return true;
  future = NewWaiter();
  stream_->WaitToRead(this);
  return false;
}

std::size_t StreamReadAwaiter::await_resume() {
  try {
    if (future != nullptr) Settle();
  } catch (const CancelledError&) {
    // It may have been woken before, with bytes that nobody will see.
    if (stream_ != nullptr && result_ > 0) {
      stream_->Unread(
          std::string_view(buffer_.data(), static_cast<std::size_t>(result_)));
    }
    throw;
  }
  if (result_ < 0) ThrowSocketError(result_, "recv", PeerOf(stream_));
  return static_cast<std::size_t>(result_);
}

StreamWriteAwaiter::StreamWriteAwaiter(StreamCore* stream,
                                       std::span<const char> data,
                                       std::source_location where)
    : FutureAwaiterBase(FutureRef<FutureCore>(), where),
      stream_(RequireOpen(stream)),
      data_(data) {}

StreamWriteAwaiter::~StreamWriteAwaiter() {
  if (stream_ != nullptr && future != nullptr) stream_->StopWaiting(this);
}

bool StreamWriteAwaiter::await_ready() {
  if (data_.empty()) return true;
  stream_->RequireNoWriter();
  result_ = stream_->TryWrite(data_);
  if (result_ >= 0) data_ = data_.subspan(static_cast<std::size_t>(result_));
  if (data_.empty() || (result_ < 0 && result_ != -EAGAIN)) return true;
  future = NewWaiter();
  stream_->WaitToWrite(this);
  return false;
}

void StreamWriteAwaiter::await_resume() {
  if (future != nullptr) Settle();
  if (result_ < 0) ThrowSocketError(result_, "send", PeerOf(stream_));
}

}  // namespace internal

namespace internal {
namespace {

// These keep the stream's inside alive: the Stream may be moved or die while
// they wait.
Coro<std::string> ReadExactly(std::shared_ptr<StreamCore> stream,
                              std::size_t n) {
  std::string data(n, '\0');
  std::size_t have = 0;
  while (have < n) {
    std::size_t got = 0;
    try {
      got = co_await StreamReadAwaitable(stream.get(),
                                         std::span<char>(data).subspan(have));
    } catch (const CancelledError&) {
      stream->Unread(std::string_view(data).substr(0, have));
      throw;
    }
    if (got == 0) {
      data.resize(have);
      throw IncompleteReadError(std::move(data), n);
    }
    have += got;
  }
  co_return data;
}

Coro<std::string> ReadUntil(std::shared_ptr<StreamCore> stream,
                            char separator) {
  constexpr std::size_t kLimit = 64 * 1024;
  std::string data;
  std::array<char, 4096> buffer;
  for (;;) {
    std::size_t got = 0;
    try {
      got = co_await StreamReadAwaitable(stream.get(), buffer);
    } catch (const CancelledError&) {
      stream->Unread(data);
      throw;
    }
    if (got == 0) throw IncompleteReadError(std::move(data), std::nullopt);
    const std::size_t searched = data.size();
    data.append(buffer.data(), got);
    const std::size_t at = data.find(separator, searched);
    if (at != std::string::npos && at <= kLimit) {
      stream->Unread(std::string_view(data).substr(at + 1));
      data.resize(at + 1);
      co_return data;
    }
    if (data.size() > kLimit) {
      const std::size_t consumed = at == std::string::npos ? data.size() : at;
      stream->Unread(data);
      throw LimitOverrunError(consumed);
    }
  }
}

}  // namespace
}  // namespace internal

Stream::Stream() = default;
Stream::Stream(Socket socket)
    : core_(std::make_shared<internal::StreamCore>(std::move(socket))) {}
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&& other) noexcept {
  if (this != &other) {
    Close();
    core_ = std::move(other.core_);
  }
  return *this;
}
Stream::~Stream() { Close(); }

Coro<std::string> Stream::ReadExactly(std::size_t n) {
  return internal::ReadExactly(core_, n);
}

Coro<std::string> Stream::ReadUntil(char separator) {
  return internal::ReadUntil(core_, separator);
}

void Stream::WriteEof() {
  if (!is_open()) return;
  core_->network().Shutdown(fd(), ShutdownHow::kSend);
}

void Stream::Close() {
  if (core_ != nullptr) core_->Close();
}

bool Stream::is_open() const {
  return core_ != nullptr && static_cast<bool>(core_->socket());
}

SocketAddress Stream::local_address() const {
  SocketAddress address;
  if (is_open()) core_->network().LocalAddress(fd(), &address);
  return address;
}

SocketAddress Stream::peer_address() const {
  return core_ == nullptr ? SocketAddress() : core_->peer();
}

int Stream::fd() const { return is_open() ? core_->socket().fd() : -1; }

Coro<Stream> OpenConnection(std::string host, std::uint16_t port) {
  const std::vector<SocketAddress> addresses = ResolveHost(host, port);
  std::exception_ptr error;
  for (const SocketAddress& address : addresses) {
    try {
      Socket socket = Socket::Stream(address.family());
      co_await SockConnect(socket.fd(), address);
      co_return Stream(std::move(socket));
    } catch (const std::system_error&) {
      error = std::current_exception();
    }
  }
  std::rethrow_exception(error);
}

}  // namespace rondo
