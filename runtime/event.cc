#include "rondo/runtime/event.h"

namespace rondo {

void Event::Set() {
  set_ = true;
  while (waiters_.WakeNext()) {
  }
}

}  // namespace rondo
