#include "rondo/simnet/sim_pipe.h"

#include <algorithm>
#include <cerrno>

namespace rondo::internal {

std::size_t PipeRing::Write(std::span<const char> data) {
  std::size_t done = 0;
  const std::size_t odd = data.size() % kPage;
  if (odd > 0 && !pages_.empty() && pages_.back().data.size() + odd <= kPage) {
    pages_.back().data.append(data.data(), odd);
    done = odd;
  }
  while (done < data.size() && !full()) {
    const std::size_t size = std::min(data.size() - done, kPage);
    pages_.push_back({std::string(data.data() + done, size)});
    done += size;
  }
  return done;
}

std::size_t PipeRing::Read(std::span<char> buffer) {
  std::size_t done = 0;
  while (done < buffer.size() && !pages_.empty()) {
    Page& page = pages_.front();
    const std::size_t size =
        std::min(buffer.size() - done, page.data.size() - page.read);
    std::copy_n(page.data.begin() + static_cast<std::ptrdiff_t>(page.read),
                size, buffer.begin() + static_cast<std::ptrdiff_t>(done));
    page.read += size;
    done += size;
    if (page.read == page.data.size()) pages_.pop_front();
  }
  return done;
}

std::pair<std::shared_ptr<PipeEnd>, std::shared_ptr<PipeEnd>> PipeEnd::Make(
    NetworkContext& context, NetworkHost& host) {
  const std::string name = host.Numbered(host.name + ":pipe");
  const auto ring = std::make_shared<PipeRing>();
  auto reader =
      std::make_shared<PipeEnd>(context, host, false, name + "<", ring);
  auto writer =
      std::make_shared<PipeEnd>(context, host, true, name + ">", ring);
  reader->other_ = writer.get();
  writer->other_ = reader.get();
  return {std::move(reader), std::move(writer)};
}

PipeEnd::PipeEnd(NetworkContext& context, NetworkHost& host, bool writes,
                 std::string name, std::shared_ptr<PipeRing> ring)
    : context_(context),
      host_(host),
      writes_(writes),
      name_(std::move(name)),
      id_(HashName(name_)),
      ring_(std::move(ring)) {}

SysResult PipeEnd::Read(std::span<char> buffer) {
  if (writes_) return -EBADF;
  if (buffer.empty()) return 0;
  if (ring_->empty()) return other_ == nullptr ? 0 : -EAGAIN;
  const std::size_t size = ring_->Read(buffer);
  Changed();
  return static_cast<SysResult>(size);
}

SysResult PipeEnd::Write(std::span<const char> data) {
  if (!writes_) return -EBADF;
  if (data.empty()) return 0;
  if (other_ == nullptr) return -EPIPE;
  const std::size_t size = ring_->Write(data);
  if (size == 0) return -EAGAIN;
  context_.Observe(NetworkEventKind::kSend, host_.id, id_, size, name_,
                   {data.data(), size});
  Changed();
  return static_cast<SysResult>(size);
}

unsigned PipeEnd::Readiness() const {
  if (other_ == nullptr) return kReadable | kWritable;
  if (writes_) return ring_->full() ? 0 : kWritable;
  return ring_->empty() ? 0 : kReadable;
}

void PipeEnd::Changed() {
  Publish(Readiness());
  if (other_ != nullptr) other_->Publish(other_->Readiness());
}

void PipeEnd::Close() {
  Unpublish();
  if (other_ == nullptr) return;
  PipeEnd* const other = std::exchange(other_, nullptr);
  other->other_ = nullptr;
  other->Changed();
}

void PipeEnd::Vanish() {
  Unpublish();
  if (other_ != nullptr) other_->other_ = nullptr;
  other_ = nullptr;
}

}  // namespace rondo::internal
