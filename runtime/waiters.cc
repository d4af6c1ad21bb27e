#include "rondo/runtime/waiters.h"

#include "rondo/runtime/errors.h"

namespace rondo::internal {

Waiter::Waiter(WaiterList* l)
    : FutureCore(/*is_task=*/false), list(l), what(l->what()) {}

std::string Waiter::Describe() const {
  return std::string(what) + (list == nullptr ? " that is gone" : "");
}

void Waiter::Destroy() {
  this->~Waiter();
  Pool::Free(this, sizeof(*this));
}

WaiterList::~WaiterList() {
  for (Waiter* waiter = first_; waiter != nullptr; waiter = waiter->next) {
    waiter->list = nullptr;
  }
}

void WaiterList::Bind() {
  const std::uint64_t running = RunningCore()->serial;
  if (loop_ == 0) loop_ = running;
  if (loop_ == running) return;
  throw RuntimeError("cannot wait for " + std::string(what_) +
                     ": it is bound to a different event loop");
}

Waiter* WaiterList::Add() {
  Bind();
  auto* const waiter = MakeFuture<Waiter>(running_core, this);
  waiter->previous = last_;
  (last_ == nullptr ? first_ : last_->next) = waiter;
  last_ = waiter;
  if (pending_ == nullptr) pending_ = waiter;
  return waiter;
}

void WaiterList::Remove(Waiter* waiter) {
  Waiter* const previous = waiter->previous;
  Waiter* const next = waiter->next;
  (previous == nullptr ? first_ : previous->next) = next;
  (next == nullptr ? last_ : next->previous) = previous;
  if (pending_ == waiter) pending_ = next;
  waiter->list = nullptr;
}

bool WaiterList::WakeNext() {
  while (pending_ != nullptr && pending_->done()) pending_ = pending_->next;
  if (pending_ == nullptr) return false;
  Waiter* const waiter = pending_;
  pending_ = waiter->next;
  waiter->FinishResult();
  return true;
}

bool WaiterList::AnyLive() const {
  const Waiter* waiter = first_;
  while (waiter != nullptr && waiter->cancelled()) waiter = waiter->next;
  return waiter != nullptr;
}

std::size_t WaiterList::Count(const Waiter* waiter) {
  std::size_t count = 0;
  for (; waiter != nullptr; waiter = waiter->next) ++count;
  return count;
}

bool WaiterAwaiter::Leave() {
  if (waiter()->list == nullptr) return false;
  waiter()->list->Remove(waiter());
  return true;
}

void WaiterAwaiter::ThrowGone() {
  Settle();
  throw RuntimeError("a task waited for " + future->Describe() +
                     ": it must outlive those who wait");
}

}  // namespace rondo::internal
