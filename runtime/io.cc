#include "rondo/runtime/io.h"

#include "rondo/runtime/errors.h"

namespace rondo::internal {

LoopCore* CoreFor(int fd) {
  LoopCore* const core = RunningCore();
  if (core->io->claimed(fd)) [[unlikely]] {
    throw RuntimeError("descriptor " + std::to_string(fd) +
                       " is used by a transport: use that, or close it first");
  }
  return core;
}

std::string IoLabel(LoopCore* core, std::string_view kind, int fd) {
  std::string label(kind);
  if (core->seams.network == nullptr) return label;
  const std::string_view name = core->seams.network->Name(fd).name;
  if (!name.empty()) label.append(":").append(name);
  return label;
}

}  // namespace rondo::internal
