#include "rondo/runtime/lock.h"

#include "rondo/runtime/errors.h"

namespace rondo {

template <>
void internal::GiveBack(Lock& lock) {
  if (lock.locked()) lock.Release();
}

void internal::LockAwaiter::await_resume() {
  if (!waited()) return;
  if (!Leave()) ThrowGone();
  if (Interrupted() && !lock_->locked_) lock_->WakeFirst();
  Settle();
  lock_->locked_ = true;
}

void Lock::Release() {
  if (!locked_) throw RuntimeError("Lock is not acquired.");
  locked_ = false;
  WakeFirst();
}

}  // namespace rondo
