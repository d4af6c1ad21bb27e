#include "rondo/runtime/io.h"

namespace rondo::internal {

std::string IoLabel(LoopCore* core, std::string_view kind, int fd) {
  std::string label(kind);
  if (core->seams.network == nullptr) return label;
  const std::string_view name = core->seams.network->Name(fd).name;
  if (!name.empty()) label.append(":").append(name);
  return label;
}

}  // namespace rondo::internal
