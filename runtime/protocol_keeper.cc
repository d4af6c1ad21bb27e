#include "rondo/runtime/protocol_keeper.h"

#include <memory>

#include "rondo/runtime/loop_hooks.h"

namespace rondo::internal {

class ProtocolKeepers final : public LoopPart {
 public:
  static ProtocolKeepers& Of(LoopCore* core) {
    std::unique_ptr<LoopPart>& part = core->Hooks().keepers;
    if (part == nullptr) part = std::make_unique<ProtocolKeepers>();
    return static_cast<ProtocolKeepers&>(*part);
  }

  ~ProtocolKeepers() override {
    while (first_ != nullptr) {
      ProtocolKeeper* const keeper = first_;
      keeper->Unlink();
      keeper->LoopEnded();
    }
  }

  ProtocolKeeper* first_ = nullptr;
  ProtocolKeeper* last_ = nullptr;
};

ProtocolKeeper::ProtocolKeeper(LoopCore* core) {
  if (!core->open) return;
  list_ = &ProtocolKeepers::Of(core);
  previous_ = list_->last_;
  (previous_ == nullptr ? list_->first_ : previous_->next_) = this;
  list_->last_ = this;
}

void ProtocolKeeper::Unlink() {
  if (list_ == nullptr) return;
  (previous_ == nullptr ? list_->first_ : previous_->next_) = next_;
  (next_ == nullptr ? list_->last_ : next_->previous_) = previous_;
  list_ = nullptr;
}

}  // namespace rondo::internal
