#include "rondo/runtime/node.h"

namespace rondo::internal {

std::uint32_t NodeInfo::CountChild(Identity label) {
  for (ChildCount& child : children) {
    if (child.label == label) return ++child.count;
  }
  children.push_back({label, 1});
  return 1;
}

void Node::DeleteInfo() { delete info(); }

}  // namespace rondo::internal
