#include "rondo/runtime/shield.h"

#include <utility>

namespace rondo::internal {

void UnshieldWhenDone(FutureCore* outer, FutureCore* inner, Handle callback) {
  // The callback on `inner` holds `outer`, so `outer` must not hold `inner`:
  // neither would ever go. If `inner` dies first it cancels the callback.
  AddDoneCallback(outer, HandleKind::kFutureDone, "shield_outer",
                  [inner, callback = std::move(callback)](FutureCore*) {
                    if (callback.cancelled()) return;
                    auto* const waiter =
                        static_cast<DoneNode*>(callback.node());
                    // Queued or run already: `inner` may be gone.
                    if (waiter->holds) return;
                    inner->RemoveCallback(waiter);
                  });
}

}  // namespace rondo::internal
