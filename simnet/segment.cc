#include "rondo/simnet/segment.h"

#include <new>

#include "rondo/runtime/poison.h"
#include "rondo/simnet/tcp_connection.h"

namespace rondo::internal {
namespace {

// Payloads of up to 64, 256, 1024, 4096, 16384, 65536 bytes.
constexpr std::size_t Capacity(std::size_t size_class) {
  return std::size_t{64} << (2 * size_class);
}

constexpr std::size_t ClassOf(std::size_t size) {
  std::size_t result = 0;
  while (Capacity(result) < size) ++result;
  return result;
}

constexpr std::size_t BlockSize(std::size_t size_class) {
  return sizeof(Segment) + Capacity(size_class);
}

}  // namespace

std::string_view SegmentKindName(SegmentKind kind) {
  switch (kind) {
    case SegmentKind::kSyn:
      return "SYN";
    case SegmentKind::kSynAck:
      return "SYN+ACK";
    case SegmentKind::kHandshakeAck:
    case SegmentKind::kAck:
      return "ACK";
    case SegmentKind::kData:
      return "data";
    case SegmentKind::kFin:
      return "FIN";
    case SegmentKind::kReset:
      return "RST";
    case SegmentKind::kTimer:
      return "timer";
    case SegmentKind::kKeepAlive:
      return "keep-alive";
  }
  __builtin_unreachable();
}

void Segment::Happen() { flow->connection->Arrive(this); }

void Segment::Discard() { pool->Delete(this); }

SegmentPool::~SegmentPool() {
  for (std::size_t i = 0; i < kClasses; ++i) {
    while (free_[i] != nullptr) {
      Free* block = free_[i];
      Unpoison(block, BlockSize(i));
      free_[i] = block->next;
      ::operator delete(block);
    }
  }
}

Segment* SegmentPool::New(SegmentKind kind, TcpFlow* flow, std::size_t size) {
  const std::size_t size_class = ClassOf(size);
  void* memory = free_[size_class];
  if (memory != nullptr) {
    Unpoison(memory, BlockSize(size_class));
    free_[size_class] = free_[size_class]->next;
  } else {
    memory = ::operator new(BlockSize(size_class));
  }
  auto* segment = new (memory) Segment;
  segment->pool = this;
  segment->flow = flow;
  segment->size = static_cast<std::uint32_t>(size);
  segment->kind = kind;
  segment->size_class = static_cast<std::uint8_t>(size_class);
  return segment;
}

void SegmentPool::Delete(Segment* segment) {
  const std::size_t size_class = segment->size_class;
  segment->~Segment();
  free_[size_class] = new (segment) Free{free_[size_class]};
  Poison(segment, BlockSize(size_class));
}

}  // namespace rondo::internal
