#include "rondo/runtime/sleep.h"

#include <new>
#include <string>

#include "rondo/runtime/handle.h"

namespace rondo::internal {
namespace {

// A timer and the future that it completes, in one block. The future's
// references together hold one of the node's.
class SleepNode final : public TimerNode {
 public:
  explicit SleepNode(std::int64_t when) : TimerNode(when), future_(this) {}

  static SleepNode* Of(FutureCore* future) {
    return static_cast<DoneFuture*>(future)->node;
  }
  FutureCore* future() { return &future_; }

  void Run() override {
    if (!future_.done()) future_.FinishResult();
    Unref();
  }
  void Clear() override {}
  void Destroy() override {
    if (HasExtras()) DropExtras();
    this->~SleepNode();
    Pool::Free(this, sizeof(*this));
  }

 private:
  struct DoneFuture final : FutureCore {
    explicit DoneFuture(SleepNode* n) : FutureCore(/*is_task=*/false), node(n) {
      node->Ref();
    }
    void Destroy() override { node->Unref(); }
    std::string Describe() const override {
      return "a sleep until " + std::to_string(node->when) + " ns";
    }

    SleepNode* node;
  };

  ~SleepNode() = default;

  DoneFuture future_;
};

}  // namespace

void SleepAwaiter::StartTimer() {
  LoopCore* const core = running_core;
  const Nanoseconds when = SaturatingAdd(core->seams.clock->Now(), delay_);
  auto* const node = MakeNode<SleepNode>(core->pool, when.count());
  if (core->watched) [[unlikely]] {
    core->Identify(node, HandleKind::kTimer, "sleep");
  }
  core->timers.Push(node);
  future = node->future();
}

void SleepAwaiter::EndTimer() {
  if (!future->done() || future->cancelled()) {
    Handle::Share(SleepNode::Of(future)).Cancel();
  }
  future->Unref();
}

}  // namespace rondo::internal
