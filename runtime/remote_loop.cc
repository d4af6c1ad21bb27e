#include "rondo/runtime/remote_loop.h"

#include "rondo/runtime/errors.h"

namespace rondo {

void RemoteLoop::Require(bool posted) {
  if (!posted) throw RuntimeError("Event loop is closed");
}

bool RemoteLoop::Post(internal::Inbox::Item item) const {
  internal::LoopCore* const core = internal::running_core;
  if (core == nullptr || core->inbox != inbox_) {
    return inbox_->Add(std::move(item));
  }
  if (core->Accepts()) internal::QueueItem(core, std::move(item));
  return true;
}

namespace internal {

void QueueItem(LoopCore* core, Inbox::Item item) {
  using N = CallableNode<absl::AnyInvocable<void()>, CallbackNode>;
  N* const node = MakeNode<N>(core->pool, std::move(item.function));
  if (item.origin != nullptr && item.origin->info != nullptr) {
    node->set_info(item.origin->info.release());
  } else if (core->watched) {
    core->Identify(node, HandleKind::kCallback, item.name);
  }
  if (item.interrupt) {
    core->PushFront({node});
  } else {
    core->Push(node);
  }
}

void AnnounceArrival(LoopCore* core, const Inbox::Item& item) {
  LoopObserver* const observer = core->seams.observer;
  if (observer == nullptr) return;
  if (item.origin == nullptr) {
    observer->OnArrival({.source = "threadsafe"});
    return;
  }
  const Inbox::Origin& origin = *item.origin;
  observer->OnArrival(
      {origin.source, origin.port, origin.port_name, origin.payload});
}

}  // namespace internal
}  // namespace rondo
