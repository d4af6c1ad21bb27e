#include "rondo/runtime/io_table.h"

#include <algorithm>
#include <string>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/loop_core.h"

namespace rondo::internal {
namespace {

void Drop(Node* node) {
  if (node == nullptr) return;
  if (!node->Has(Node::kCancelled)) {
    node->Set(Node::kCancelled);
    node->ClearCancelled();
  }
  node->Unref();
}

}  // namespace

IoTable::Entry& IoTable::At(int fd) {
  if (Index(fd) >= entries_.size()) entries_.resize(Index(fd) + 1);
  return entries_[Index(fd)];
}

void IoTable::Set(int fd, unsigned direction, Node* node) {
  if (fd < 0) {
    node->Unref();
    throw ValueError(std::to_string(fd) + " is no descriptor");
  }
  Entry& entry = At(fd);
  const unsigned before = entry.mask();
  if ((before & direction) == 0) {
    try {
      if (before == 0) {
        core_->seams.selector->Register(fd, direction);
      } else {
        core_->seams.selector->Modify(fd, before | direction);
      }
    } catch (...) {
      node->Unref();
      throw;
    }
  }
  node->Set(Node::kRepeats);
  Drop(std::exchange(entry.of(direction), node));
}

bool IoTable::Remove(int fd, unsigned direction) {
  if (!Has(fd)) return false;
  Entry& entry = entries_[Index(fd)];
  Node* const old = std::exchange(entry.of(direction), nullptr);
  if (old == nullptr) return false;
  struct Dropping {
    Node* node;
    ~Dropping() { Drop(node); }
  } const dropping{old};  // Also if the selector throws.
  const unsigned left = entry.mask();
  Selector* const selector = core_->seams.selector;
  if (left != 0) {
    selector->Modify(fd, left);
  } else if (entry.owner != nullptr) {
    selector->Rest(fd);
  } else {
    selector->Unregister(fd);
  }
  return true;
}

void IoTable::Own(int fd, DescriptorOwner* owner) {
  if (fd < 0) return;
  Entry& entry = At(fd);
  if (entry.owner != nullptr) {
    throw ValueError("descriptor " + std::to_string(fd) +
                     " is another Socket's already");
  }
  entry.owner = owner;
  entry.since = ++owned_;
}

void IoTable::Claim(int fd) {
  if (fd >= 0) At(fd).claimed = true;
}

Origin& IoTable::NewOrigin(int fd) {
  PoolPtr<Origin>& origin = At(fd).origin;
  origin = MakePooled<Origin>(core_->pool);
  return *origin;
}

void IoTable::Release(int fd) {
  if (!Has(fd)) return;
  if (entries_[Index(fd)].mask() != 0) {
    Remove(fd, kReadable);
    Remove(fd, kWritable);
  }
  Entry& entry = entries_[Index(fd)];
  entry.owner = nullptr;
  entry.claimed = false;
  entry.ours = false;
  entry.receiving = nullptr;
  entry.origin.reset();
  entry.unseen.reset();
  core_->seams.selector->Forget(fd);
}

void IoTable::Keep(int fd, Unseen unseen) {
  std::unique_ptr<std::deque<Unseen>>& all = At(fd).unseen;
  if (all == nullptr) all = std::make_unique<std::deque<Unseen>>();
  all->push_back(std::move(unseen));
}

Unseen* IoTable::Kept(int fd) {
  if (!Has(fd)) return nullptr;
  Entry& entry = entries_[Index(fd)];
  if (entry.receiving != nullptr) [[unlikely]] {
    std::exchange(entry.receiving, nullptr)->GiveUp();
  }
  return entry.unseen == nullptr ? nullptr : &entry.unseen->front();
}

void IoTable::DropKept(int fd) {
  std::unique_ptr<std::deque<Unseen>>& all = At(fd).unseen;
  all->pop_front();
  if (all->empty()) all.reset();
}

Node* IoTable::Find(int fd, unsigned direction) const {
  if (!Has(fd)) return nullptr;
  const Entry& entry = entries_[Index(fd)];
  return direction == kReadable ? entry.reader : entry.writer;
}

void IoTable::Queue(int fd, unsigned direction) {
  Node* const node = Find(fd, direction);
  if (node == nullptr) return;
  if (node->Has(Node::kCancelled)) {  // Or the loop would never wait again.
    Remove(fd, direction);
    return;
  }
  // Still queued when the loop was stopped in the middle of an iteration.
  if (node->Has(Node::kQueued)) return;
  node->Set(Node::kQueued);
  node->Ref();
  core_->Push(node);
}

std::size_t IoTable::Count(unsigned direction) const {
  return static_cast<std::size_t>(std::count_if(
      entries_.begin(), entries_.end(),
      [&](const Entry& entry) { return (entry.mask() & direction) != 0; }));
}

void IoTable::Process(std::span<const ReadyEvent> events) {
  for (const ReadyEvent& event : events) {
    if ((event.mask & kReadable) != 0) Queue(event.fd, kReadable);
    if ((event.mask & kWritable) != 0) Queue(event.fd, kWritable);
  }
}

void IoTable::Clear() {
  for (Entry& entry : entries_) {
    Drop(std::exchange(entry.reader, nullptr));
    Drop(std::exchange(entry.writer, nullptr));
  }
}

void IoTable::EndOwners() {
  std::vector<std::pair<std::uint64_t, std::size_t>> owned;  // Since when.
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].owner != nullptr) owned.emplace_back(entries_[i].since, i);
  }
  std::sort(owned.begin(), owned.end());
  for (const auto& [since, i] : owned) {
    // The end of one may be the end of others.
    if (entries_[i].owner != nullptr) entries_[i].owner->LoopEnded();
  }
}

}  // namespace rondo::internal
