// The seam that may run ready handles in another order than FIFO.
//
// FIFO is asyncio's guarantee. A loop without a ReadyOrder keeps it; one with
// a ReadyOrder asks it before every handle of an iteration while more than one
// is left. Replay's `Scheduler` implements this.
//
// Thread-safety: the loop's thread only.
#ifndef RONDO_RUNTIME_READY_ORDER_H_
#define RONDO_RUNTIME_READY_ORDER_H_

#include <cstddef>
#include <span>

#include "rondo/runtime/handle_info.h"

namespace rondo {

class ReadyOrder {
 public:
  virtual ~ReadyOrder() = default;

  // Returns the index of the handle to run next. `candidates` are the handles
  // of this iteration that have not run yet, oldest first, one per order key
  // (the oldest of those that must not overtake one another).
  // REQUIRES: candidates.size() > 1; the result is less than that.
  virtual std::size_t PickReady(std::span<const HandleInfo> candidates) = 0;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_READY_ORDER_H_
