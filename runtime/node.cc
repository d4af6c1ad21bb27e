#include "rondo/runtime/node.h"

namespace rondo::internal {

std::uint32_t NodeInfo::CountChild(Identity label) {
  for (ChildCount& child : children) {
    if (child.label == label) return ++child.count;
  }
  children.push_back({label, 1});
  return 1;
}

void Node::DropExtras() {
  delete info();
  info_ = 0;
  context.Reset();
}

void Node::EndSharedRun() {
  Unset(kRunning);
  if (Has(kCancelled)) Clear();
  Unref();
}

}  // namespace rondo::internal
