#include "rondo/runtime/ends_with_loop.h"

#include <memory>

#include "rondo/runtime/loop_hooks.h"

namespace rondo::internal {

class LoopEnd final : public LoopPart {
 public:
  static LoopEnd& Of(LoopCore* core) {
    std::unique_ptr<LoopPart>& part = core->Hooks().end;
    if (part == nullptr) part = std::make_unique<LoopEnd>();
    return static_cast<LoopEnd&>(*part);
  }

  ~LoopEnd() override {
    while (first_ != nullptr) {
      EndsWithLoop* const member = first_;
      member->Unlink();
      member->LoopEnded();
    }
  }

  EndsWithLoop* first_ = nullptr;
  EndsWithLoop* last_ = nullptr;
};

EndsWithLoop::EndsWithLoop(LoopCore* core) {
  if (!core->open) return;
  list_ = &LoopEnd::Of(core);
  previous_ = list_->last_;
  (previous_ == nullptr ? list_->first_ : previous_->next_) = this;
  list_->last_ = this;
}

void EndsWithLoop::Unlink() {
  if (list_ == nullptr) return;
  (previous_ == nullptr ? list_->first_ : previous_->next_) = next_;
  (next_ == nullptr ? list_->last_ : next_->previous_) = previous_;
  list_ = nullptr;
}

}  // namespace rondo::internal
