#include "rondo/runtime/semaphore.h"

#include <string>

#include "rondo/runtime/errors.h"

namespace rondo {

void internal::SemaphoreAwaiter::await_resume() {
  if (!waited()) return;
  if (!Leave()) ThrowGone();
  if (Interrupted() && Woken()) ++semaphore_->value_;
  // Others may have had to wait only because somebody waited before them.
  while (semaphore_->value_ > 0 && semaphore_->WakeNext()) {
  }
  Settle();
}

Semaphore::Semaphore(std::ptrdiff_t value, std::ptrdiff_t bound)
    : value_(value), bound_(bound) {
  if (value < 0) {
    throw ValueError("Semaphore initial value must be >= 0, not " +
                     std::to_string(value));
  }
}

void Semaphore::Release() {
  if (value_ >= bound_) {
    throw ValueError("BoundedSemaphore released too many times");
  }
  ++value_;
  WakeNext();
}

bool Semaphore::WakeNext() {
  if (!waiters_.WakeNext()) return false;
  --value_;
  return true;
}

}  // namespace rondo
