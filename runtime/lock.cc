#include "rondo/runtime/lock.h"

#include <algorithm>

namespace rondo {
namespace internal {

bool LockAwaiter::await_ready() {
  if (lock_->TryAcquire()) return true;
  const Future<> waiter = CreateFuture();
  lock_->waiters_.push_back(waiter);
  waiter.core()->Ref();  // Given back by the base's destructor.
  future = waiter.core();
  return false;
}

void LockAwaiter::await_resume() {
  if (future == nullptr) return;  // It was free.
  lock_->Forget(future);
  try {
    Settle();
  } catch (const CancelledError&) {
    if (!lock_->locked_) lock_->WakeFirst();
    throw;
  }
  lock_->locked_ = true;
}

LockAwaiter::~LockAwaiter() {
  // The task died while it waited: nobody may be woken in its place any more,
  // since its loop is gone.
  if (future != nullptr) lock_->Forget(future);
}

}  // namespace internal

LockGuard::~LockGuard() {
  if (lock_ != nullptr) lock_->Release();
}

bool Lock::TryAcquire() {
  const bool free = !locked_ && std::all_of(waiters_.begin(), waiters_.end(),
                                            [](const Future<>& waiter) {
                                              return waiter.cancelled();
                                            });
  if (free) locked_ = true;
  return free;
}

void Lock::Release() {
  if (!locked_) throw RuntimeError("Lock is not acquired.");
  locked_ = false;
  WakeFirst();
}

void Lock::Forget(internal::FutureCore* waiter) {
  const auto found =
      std::find_if(waiters_.begin(), waiters_.end(),
                   [&](const Future<>& one) { return one.core() == waiter; });
  if (found != waiters_.end()) waiters_.erase(found);
}

// Only the first: if it is done, somebody is on the way to the lock already.
void Lock::WakeFirst() {
  if (!waiters_.empty() && !waiters_.front().done()) {
    waiters_.front().SetResult();
  }
}

}  // namespace rondo
