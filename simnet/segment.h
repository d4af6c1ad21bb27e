// What travels: a pooled event with its payload behind it.
#ifndef RONDO_SIMNET_SEGMENT_H_
#define RONDO_SIMNET_SEGMENT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "rondo/simnet/event_queue.h"

namespace rondo::internal {

struct TcpFlow;
class SegmentPool;

enum class SegmentKind : std::uint8_t {
  kSyn,
  kSynAck,
  kHandshakeAck,  // The third of the handshake.
  kData,
  kFin,
  kReset,
  kAck,        // `value` bytes of the other direction have been taken.
  kTimer,      // Does not travel: an end's own timer,
  kKeepAlive,  // and the one of its SO_KEEPALIVE.
};

// For people: "data", "SYN", ...
std::string_view SegmentKindName(SegmentKind kind);

// Happen hands it to the connection of its flow.
struct Segment final : SimEvent {
  void Happen() override;
  void Discard() override;

  char* payload() { return reinterpret_cast<char*>(this + 1); }

  SegmentPool* pool = nullptr;
  TcpFlow* flow = nullptr;
  Nanoseconds sent{0};      // When it was first sent.
  std::uint64_t value = 0;  // Of a kAck.
  std::uint32_t size = 0;
  std::uint32_t offset = 0;  // Where what is not yet read begins.
  SegmentKind kind = SegmentKind::kData;
  std::uint8_t size_class = 0;
};

// Segments in a few size classes, each with a list of free ones. Under
// AddressSanitizer free segments are poisoned.
class SegmentPool {
 public:
  static constexpr std::size_t kMaxPayload = 65536;

  SegmentPool() = default;
  ~SegmentPool();
  SegmentPool(const SegmentPool&) = delete;
  SegmentPool& operator=(const SegmentPool&) = delete;

  // REQUIRES: size <= kMaxPayload. The payload is not initialised.
  Segment* New(SegmentKind kind, TcpFlow* flow, std::size_t size = 0);
  void Delete(Segment* segment);

 private:
  struct Free {
    Free* next;
  };

  static constexpr std::size_t kClasses = 6;
  std::array<Free*, kClasses> free_ = {};
};

// A list of segments in order, linked by SimEvent::next.
class SegmentList {
 public:
  bool empty() const { return head_ == nullptr; }
  Segment* front() const { return static_cast<Segment*>(head_); }
  void Append(Segment* segment) {
    segment->next = nullptr;
    (tail_ != nullptr ? tail_->next : head_) = segment;
    tail_ = segment;
  }
  // REQUIRES: !empty().
  Segment* PopFront() {
    SimEvent* first = head_;
    head_ = first->next;
    if (head_ == nullptr) tail_ = nullptr;
    return static_cast<Segment*>(first);
  }
  void Clear() {
    while (!empty()) PopFront()->Discard();
  }

 private:
  SimEvent* head_ = nullptr;
  SimEvent* tail_ = nullptr;
};

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_SEGMENT_H_
