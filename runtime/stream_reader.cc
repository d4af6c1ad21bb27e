#include "rondo/runtime/stream_reader.h"

#include <algorithm>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/task.h"

namespace rondo {
namespace internal {

StreamWaiter::StreamWaiter(StreamReader* reader, std::span<char> buffer,
                           std::string_view call, std::source_location where)
    : FutureAwaiterBase(FutureRef<FutureCore>(), where),
      reader_(reader),
      buffer_(buffer),
      call_(call) {}

StreamWaiter::~StreamWaiter() {
  if (reader_ != nullptr && reader_->waiter_ == this) {
    reader_->waiter_ = nullptr;
  }
}

bool StreamWaiter::await_ready() {
  if (reader_->waiter_ != nullptr) {
    throw RuntimeError(std::string(call_) +
                       " called while another coroutine is already waiting "
                       "for incoming data");
  }
  // Who was paused for the limit's sake must go on: what is waited for may be
  // longer.
  if (reader_->paused_) {
    reader_->paused_ = false;
    reader_->transport_->ResumeReading();
  }
  const Future<> waiter = CreateFuture();
  future = FutureRef<FutureCore>::Share(waiter.core()).Release();
  reader_->waiter_ = this;
  return false;
}

std::size_t StreamWaiter::await_resume() {
  try {
    Settle();
  } catch (const CancelledError&) {
    // It may have been woken before, with bytes that nobody will see.
    if (reader_ != nullptr) reader_->buffer_.Prepend(buffer_.first(filled_));
    throw;
  }
  return filled_;
}

bool StreamReadAwaiter::await_ready() {
  reader_->RequireNoException();
  if (buffer_.empty() || !reader_->buffer_.empty() || reader_->eof_) {
    return true;
  }
  return StreamWaiter::await_ready();
}

std::size_t StreamReadAwaiter::await_resume() {
  if (future != nullptr) {
    const std::size_t n = StreamWaiter::await_resume();
    if (n > 0 || reader_ == nullptr) return n;
  }
  const std::size_t n = reader_->buffer_.TakeInto(buffer_);
  reader_->MaybeResume();
  return n;
}

namespace {

class DataAwaitable {
 public:
  DataAwaitable(StreamReader* reader, std::string_view call)
      : reader_(reader), call_(call) {}
  StreamWaiter Await(std::source_location where) const {
    return StreamWaiter(reader_, {}, call_, where);
  }

 private:
  StreamReader* reader_;
  std::string_view call_;
};

// From how many bytes on a reader's buffer is filled directly. Below, reading
// ahead into the stream's own saves more calls than the copy costs.
constexpr std::size_t kDirect = 16 * 1024;

}  // namespace
}  // namespace internal

using internal::DataAwaitable;

StreamReader::StreamReader(std::size_t limit) : limit_(limit) {
  if (limit == 0) throw ValueError("the limit of a StreamReader must be > 0");
}

StreamReader::~StreamReader() {
  if (waiter_ == nullptr) return;
  WakeUp();
  waiter_->reader_ = nullptr;
}

void StreamReader::RequireNoException() const {
  if (exception_ != nullptr) std::rethrow_exception(exception_);
}

// ---- Feeding

void StreamReader::WakeUp() {
  if (waiter_ == nullptr || waiter_->future->done()) return;
  waiter_->future->FinishResult();
}

void StreamReader::FeedData(std::span<const char> data) {
  if (eof_) throw RuntimeError("FeedData after FeedEof");
  if (data.empty()) return;
  buffer_.Append(data);
  WakeUp();
  MaybePause();
}

void StreamReader::FeedEof() {
  eof_ = true;
  WakeUp();
}

void StreamReader::SetException(std::exception_ptr exception) {
  exception_ = std::move(exception);
  if (waiter_ == nullptr || waiter_->future->done()) return;
  waiter_->future->FinishError(exception_);
}

void StreamReader::SetTransport(std::shared_ptr<Transport> transport) {
  if (transport_ != nullptr) throw RuntimeError("the transport is set already");
  transport_ = std::move(transport);
}

void StreamReader::ReplaceTransport(std::shared_ptr<Transport> transport) {
  transport_ = std::move(transport);
  paused_ = false;
}

std::string StreamReader::TakeBuffered() {
  return buffer_.Take(buffer_.size());
}

std::span<char> StreamReader::DirectBuffer() const {
  if (waiter_ == nullptr || waiter_->buffer_.size() < internal::kDirect ||
      waiter_->future->done()) {
    return {};
  }
  return waiter_->buffer_;
}

void StreamReader::FeedDirect(std::size_t n) {
  waiter_->filled_ = n;
  WakeUp();
}

void StreamReader::MaybePause() {
  if (transport_ == nullptr || paused_ || buffer_.size() <= 2 * limit_) return;
  paused_ = true;
  transport_->PauseReading();
}

void StreamReader::MaybeResume() {
  if (!paused_ || buffer_.size() > limit_) return;
  paused_ = false;
  transport_->ResumeReading();
}

// ---- Reading

Coro<std::string> StreamReader::Read(std::size_t n) {
  RequireNoException();
  if (n == 0) co_return std::string();
  if (buffer_.empty() && !eof_) {
    co_await DataAwaitable(this, "Read");
  }
  std::string data = buffer_.Take(n);
  MaybeResume();
  co_return data;
}

Coro<std::string> StreamReader::ReadAll() {
  std::string all;
  for (;;) {
    const std::string block = co_await Read(limit_);
    if (block.empty()) co_return all;
    all += block;
  }
}

Coro<std::string> StreamReader::ReadExactly(std::size_t n) {
  RequireNoException();
  while (buffer_.size() < n) {
    if (eof_) throw IncompleteReadError(buffer_.Take(n), n);
    co_await DataAwaitable(this, "ReadExactly");
  }
  std::string data = buffer_.Take(n);
  MaybeResume();
  co_return data;
}

StreamReader::Match StreamReader::Find(
    const std::vector<std::string>& separators, std::size_t offset) const {
  Match match;
  for (const std::string& separator : separators) {
    const std::size_t at = buffer_.view().find(separator, offset);
    if (at == std::string::npos) continue;
    const std::size_t end = at + separator.size();
    // Of those that end together, the shortest.
    if (end < match.end || (end == match.end && at > match.begin)) {
      match = {at, end};
    }
  }
  return match;
}

Coro<std::string> StreamReader::ReadUntil(std::string separator) {
  std::vector<std::string> separators;
  separators.push_back(std::move(separator));
  return ReadUntil(std::move(separators));
}

Coro<std::string> StreamReader::ReadUntil(std::vector<std::string> separators) {
  if (separators.empty()) throw ValueError("ReadUntil needs a separator");
  std::size_t shortest = std::string::npos;
  std::size_t longest = 0;
  for (const std::string& separator : separators) {
    shortest = std::min(shortest, separator.size());
    longest = std::max(longest, separator.size());
  }
  if (shortest == 0) throw ValueError("a separator must not be empty");
  RequireNoException();
  std::size_t offset = 0;  // No separator begins before it.
  Match match;
  for (;;) {
    const std::size_t size = buffer_.size();
    if (size >= offset + shortest) {
      match = Find(separators, offset);
      if (match.end != std::string::npos) break;
      offset = size + 1 > longest ? size + 1 - longest : 0;
      if (offset > limit_) throw LimitOverrunError(offset);
    }
    if (eof_) {
      throw IncompleteReadError(buffer_.Take(size), std::nullopt);
    }
    co_await DataAwaitable(this, "ReadUntil");
  }
  if (match.begin > limit_) throw LimitOverrunError(match.begin, true);
  std::string data = buffer_.Take(match.end);
  MaybeResume();
  co_return data;
}

Coro<std::string> StreamReader::ReadLine() {
  try {
    co_return co_await ReadUntil("\n");
  } catch (const IncompleteReadError& error) {
    co_return error.partial();
  } catch (const LimitOverrunError& error) {
    if (buffer_.view().substr(error.consumed()).starts_with('\n')) {
      buffer_.Drop(error.consumed() + 1);
    } else {
      buffer_.Clear();
    }
    MaybeResume();
    throw ValueError(error.what());
  }
}

Coro<std::optional<std::string>> StreamReader::NextLine() {
  std::string line = co_await ReadLine();
  if (line.empty()) co_return std::nullopt;
  co_return line;
}

}  // namespace rondo
