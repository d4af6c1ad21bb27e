#include "rondo/simnet/tcp_flow.h"

#include <algorithm>
#include <cstring>

namespace rondo::internal {
namespace {

constexpr Nanoseconds kFirstRto = std::chrono::milliseconds(200);
constexpr Nanoseconds kMaxRto = std::chrono::seconds(120);

}  // namespace

bool TcpFlow::Accept(std::size_t capacity) {
  const std::uint64_t limit = std::min(arrived, consumed + capacity);
  if (limit <= accepted) return false;
  accepted = limit;
  return true;
}

std::size_t TcpFlow::Read(std::span<char> buffer) {
  const std::size_t wanted = std::min(buffer.size(), readable());
  for (std::size_t done = 0; done < wanted;) {
    Segment* segment = queue.front();
    const std::size_t size =
        std::min<std::size_t>(wanted - done, segment->size - segment->offset);
    std::memcpy(buffer.data() + done, segment->payload() + segment->offset,
                size);
    segment->offset += static_cast<std::uint32_t>(size);
    if (segment->offset == segment->size) queue.PopFront()->Discard();
    done += size;
  }
  consumed += wanted;
  return wanted;
}

Nanoseconds NextRetransmission(Nanoseconds sent, Nanoseconds now) {
  Nanoseconds rto = kFirstRto;
  Nanoseconds next = sent + rto;
  while (next <= now) {
    rto = std::min(2 * rto, kMaxRto);
    next += rto;
  }
  return next;
}

Nanoseconds NextSyn(Nanoseconds sent, Nanoseconds now, int retries) {
  Nanoseconds wait = std::chrono::seconds(1);
  Nanoseconds next = sent + wait;
  // The last wait brings not another SYN but the end.
  for (int i = 0; i < retries && next <= now; ++i) {
    wait *= 2;
    next += wait;
  }
  return next;
}

Nanoseconds SynTimeout(Nanoseconds sent, int retries) {
  return sent + std::chrono::seconds((std::int64_t{2} << retries) - 1);
}

std::string LatencyMeaning(const Link& link, const std::string& connection,
                           std::uint64_t k, SegmentKind kind) {
  return "latency of segment " + std::to_string(k) + " (" +
         std::string(SegmentKindName(kind)) + ") of " + connection + ", " +
         link.from->name + " to " + link.to->name;
}

}  // namespace rondo::internal
