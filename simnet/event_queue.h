// What will happen in a simulation: its future events, in order.
//
// An event belongs to a stream: one direction of one connection, one timer.
// The events of a stream happen in the order in which they were scheduled; any
// two streams may be interleaved. So the candidates for what comes next are
// the heads of the streams. Unless somebody explores, the next is the earliest,
// and of equal times the one scheduled first.
//
//   queue.Schedule(stream, event, now + latency);
//   while (SimEvent* event = queue.PopEarliest()) {
//     time.AdvanceTo(event->time);
//     event->Happen();
//   }
//
// Scheduling at the end of a stream and popping from a stream with more to come
// touch a list and the root of a heap of streams; nothing is allocated.
//
// Thread-safety: one run, one thread.
#ifndef RONDO_SIMNET_EVENT_QUEUE_H_
#define RONDO_SIMNET_EVENT_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/identity.h"

namespace rondo {

// One thing that will happen. It owns itself while it is queued: the queue
// calls nothing but Discard, and whoever pops it calls Happen.
class SimEvent {
 public:
  // What happens. The event has left the queue; it ends (or recycles) itself.
  virtual void Happen() = 0;
  // It ends itself without happening.
  virtual void Discard() = 0;

  // Set by Schedule.
  Nanoseconds time{0};
  std::uint64_t seq = 0;     // Place among all events of the queue.
  std::uint64_t place = 0;   // Place among the events of its stream: 0, 1, ...
  SimEvent* next = nullptr;  // Its successor in the stream.

 protected:
  ~SimEvent() = default;
};

// A sequence of events that happen in order. It outlives its events.
struct EventStream {
  // The same in every schedule of the same program.
  Identity id = 0;
  // Where its events happen, and to what. For explorers.
  Identity host = 0;
  Identity resource = 0;
  // For display. What it points to outlives the stream.
  std::string_view label = {};
  // Its events are timeouts: an explorer lets the others go first as long as
  // they are due by then, and never jumps to one while there are others.
  bool is_timer = false;

  // The queue's own.
  SimEvent* head = nullptr;
  SimEvent* tail = nullptr;
  std::uint64_t scheduled = 0;
  std::size_t slot = 0;  // Where in the heap it is, if it has events.

  bool empty() const { return head == nullptr; }
  // The identity of the next event: (stream, place). REQUIRES: !empty().
  Identity head_id() const { return Combine(id, head->place); }
};

class EventQueue {
 public:
  EventQueue() = default;
  // Discards what has not happened.
  ~EventQueue();
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  // Appends `event` to `stream`. An event never comes before its predecessors
  // in the stream: its time is raised to theirs.
  void Schedule(EventStream& stream, SimEvent* event, Nanoseconds time);

  bool empty() const { return heap_.empty(); }
  std::optional<Nanoseconds> earliest() const {
    if (heap_.empty()) return std::nullopt;
    return heap_.front().time;
  }

  // Takes the earliest event out; null if there is none.
  SimEvent* PopEarliest();
  // Takes the head of `stream` out, though others may be earlier.
  // REQUIRES: !stream.empty().
  SimEvent* Pop(EventStream& stream);

  // Fills `streams` with those that have events, by the (time, seq) of their
  // heads: what PopEarliest would take comes first.
  void Candidates(std::vector<EventStream*>* streams) const;

  // Takes all events of `stream` out; they stay linked by `next`.
  SimEvent* TakeAll(EventStream& stream);
  // Discards all events of `stream`.
  void Clear(EventStream& stream);

 private:
  struct Entry {
    Nanoseconds time;
    std::uint64_t seq;
    EventStream* stream;

    bool Before(const Entry& other) const {
      return time != other.time ? time < other.time : seq < other.seq;
    }
  };

  void Put(std::size_t slot, const Entry& entry) {
    heap_[slot] = entry;
    entry.stream->slot = slot;
  }
  void SiftUp(std::size_t slot, Entry entry);
  void SiftDown(std::size_t slot, Entry entry);
  void Remove(EventStream& stream);

  std::vector<Entry> heap_;  // 4-ary, of the streams that have events.
  std::uint64_t next_seq_ = 0;
};

}  // namespace rondo

#endif  // RONDO_SIMNET_EVENT_QUEUE_H_
