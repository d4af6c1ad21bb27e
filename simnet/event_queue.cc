#include "rondo/simnet/event_queue.h"

#include <algorithm>
#include <utility>

namespace rondo {

EventQueue::~EventQueue() {
  while (SimEvent* event = PopEarliest()) event->Discard();
}

void EventQueue::Schedule(EventStream& stream, SimEvent* event,
                          Nanoseconds time) {
  event->seq = next_seq_++;
  event->place = stream.scheduled++;
  event->next = nullptr;
  if (stream.tail != nullptr) {
    event->time = std::max(time, stream.tail->time);
    stream.tail->next = event;
    stream.tail = event;
    return;
  }
  event->time = time;
  stream.head = stream.tail = event;
  const Entry entry{time, event->seq, &stream};
  heap_.push_back(entry);
  SiftUp(heap_.size() - 1, entry);
}

SimEvent* EventQueue::PopEarliest() {
  if (heap_.empty()) return nullptr;
  return Pop(*heap_.front().stream);
}

SimEvent* EventQueue::Pop(EventStream& stream) {
  SimEvent* event = stream.head;
  stream.head = event->next;
  if (stream.head == nullptr) {
    stream.tail = nullptr;
    Remove(stream);
  } else {
    // The successor is not earlier, so it can only sink.
    SiftDown(stream.slot, {stream.head->time, stream.head->seq, &stream});
  }
  event->next = nullptr;
  return event;
}

void EventQueue::Candidates(std::vector<EventStream*>* streams) const {
  streams->clear();
  for (const Entry& entry : heap_) streams->push_back(entry.stream);
  std::sort(streams->begin(), streams->end(),
            [](const EventStream* a, const EventStream* b) {
              return std::pair(a->head->time, a->head->seq) <
                     std::pair(b->head->time, b->head->seq);
            });
}

SimEvent* EventQueue::TakeAll(EventStream& stream) {
  if (stream.empty()) return nullptr;
  Remove(stream);
  stream.tail = nullptr;
  return std::exchange(stream.head, nullptr);
}

void EventQueue::Clear(EventStream& stream) {
  SimEvent* event = TakeAll(stream);
  while (event != nullptr) std::exchange(event, event->next)->Discard();
}

void EventQueue::Remove(EventStream& stream) {
  const std::size_t slot = stream.slot;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (slot == heap_.size()) return;
  // The last entry takes the place and finds its own from there.
  if (slot > 0 && last.Before(heap_[(slot - 1) / 4])) {
    SiftUp(slot, last);
  } else {
    SiftDown(slot, last);
  }
}

void EventQueue::SiftUp(std::size_t slot, Entry entry) {
  while (slot > 0) {
    const std::size_t parent = (slot - 1) / 4;
    if (!entry.Before(heap_[parent])) break;
    Put(slot, heap_[parent]);
    slot = parent;
  }
  Put(slot, entry);
}

void EventQueue::SiftDown(std::size_t slot, Entry entry) {
  const std::size_t size = heap_.size();
  for (;;) {
    const std::size_t first = slot * 4 + 1;
    if (first >= size) break;
    std::size_t least = first;
    const std::size_t end = std::min(first + 4, size);
    for (std::size_t child = first + 1; child < end; ++child) {
      if (heap_[child].Before(heap_[least])) least = child;
    }
    if (!heap_[least].Before(entry)) break;
    Put(slot, heap_[least]);
    slot = least;
  }
  Put(slot, entry);
}

}  // namespace rondo
