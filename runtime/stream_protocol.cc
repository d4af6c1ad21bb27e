#include "rondo/runtime/stream_protocol.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "rondo/runtime/read_scratch.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/transport.h"

namespace rondo {
StreamReaderProtocol::StreamReaderProtocol(std::shared_ptr<StreamReader> reader)
    : reader_(std::move(reader)), closed_(CreateFuture()) {}

void StreamReaderProtocol::ConnectionMade(
    std::shared_ptr<Transport> transport) {
  over_tls_ = transport->GetExtraInfo("tls").has_value();
  reader_->SetTransport(std::move(transport));
}

void StreamReaderProtocol::ReplaceTransport(
    std::shared_ptr<Transport> transport) {
  over_tls_ = transport->GetExtraInfo("tls").has_value();
  reader_->ReplaceTransport(std::move(transport));
}

void StreamReaderProtocol::ConnectionLost(std::exception_ptr error) {
  lost_ = true;
  if (error == nullptr) {
    reader_->FeedEof();
    if (!closed_.done()) closed_.SetResult();
  } else {
    reader_->SetException(error);
    if (!closed_.done()) closed_.SetException(error);
    closed_.exception();  // Nobody need ask for it.
  }
  if (!paused_) return;
  for (Future<>& drainer : drainers_) {
    if (drainer.done()) continue;
    if (error == nullptr) {
      drainer.SetResult();
    } else {
      drainer.SetException(error);
    }
  }
}

void StreamReaderProtocol::ResumeWriting() {
  paused_ = false;
  for (Future<>& drainer : drainers_) {
    if (!drainer.done()) drainer.SetResult();
  }
}

std::span<char> StreamReaderProtocol::GetBuffer(std::size_t) {
  const std::span<char> buffer = reader_->DirectBuffer();
  direct_ = !buffer.empty();
  return direct_ ? buffer : internal::ReadScratch();
}

void StreamReaderProtocol::BufferUpdated(std::size_t n) {
  if (direct_) {
    reader_->FeedDirect(n);
  } else {
    reader_->FeedData(internal::ReadScratch().first(n));
  }
}

bool StreamReaderProtocol::EofReceived() {
  reader_->FeedEof();
  // TLS cannot be closed in one direction.
  return !over_tls_;
}

Coro<> StreamReaderProtocol::Drain() {
  if (lost_) {
    throw std::system_error(ECONNRESET, std::generic_category(),
                            "Connection lost");
  }
  if (!paused_) co_return;
  const Future<> drainer = CreateFuture();
  drainers_.push_back(drainer);
  struct Forget {
    Forget(std::vector<Future<>>* drainers, const Future<>& drainer)
        : drainers(drainers), drainer(drainer) {}
    ~Forget() { std::erase(*drainers, drainer); }
    std::vector<Future<>>* drainers;
    const Future<>& drainer;
  } const forget(&drainers_, drainer);
  co_await drainer;
}

}  // namespace rondo
