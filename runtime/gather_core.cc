#include "rondo/runtime/gather_core.h"

#include <utility>

namespace rondo::internal {

void GatherChildren::Watch(FutureCore* outer,
                           std::vector<FutureRef<FutureCore>> children) {
  children_ = std::move(children);
  if (children_.empty()) {
    CompleteWithResults();
    return;
  }
  std::vector<FutureCore*> all;
  all.reserve(children_.size());
  for (const FutureRef<FutureCore>& child : children_) {
    if (child->core() != outer->core()) {
      throw ValueError("gather of futures of another event loop");
    }
    all.push_back(child.get());
  }
  const std::vector<std::size_t> distinct = FirstOccurrences(all);
  unfinished_ = distinct.size();
  // The callbacks keep the gather alive until the last child is done, also
  // when nobody waits for it any more.
  std::vector<FutureCore*> done;
  for (const std::size_t i : distinct) {
    if (all[i]->done()) {
      done.push_back(all[i]);
      continue;
    }
    AddDoneCallback(all[i], HandleKind::kFutureDone, "gather",
                    LetsGoOn(outer, [this, self = FutureRef<FutureCore>::Share(
                                               outer)](FutureCore* child) {
                      ChildDone(self.get(), child);
                    }));
  }
  for (FutureCore* child : done) ChildDone(outer, child);
}

void GatherChildren::ChildDone(FutureCore* outer, FutureCore* child) {
  --unfinished_;
  if (outer->done()) {
    child->MarkRetrieved();
    return;
  }
  if (!return_exceptions_) {
    if (std::exception_ptr error = child->Error()) {
      child->MarkRetrieved();
      CompleteWithError(std::move(error));
      return;
    }
  }
  if (unfinished_ > 0) return;
  if (cancel_requested_) {
    std::exception_ptr error = child->Error();
    if (!IsCancelled(error)) {
      error = std::make_exception_ptr(CancelledError());
    }
    CompleteWithError(std::move(error));
    return;
  }
  CompleteWithResults();
}

bool GatherChildren::CancelAll(std::string_view message) {
  bool any = false;
  for (const FutureRef<FutureCore>& child : children_) {
    if (child->Cancel(message)) any = true;
  }
  // The gather itself ends when its children have.
  if (any) cancel_requested_ = true;
  return any;
}

}  // namespace rondo::internal
