#include "rondo/replay/outcome.h"

namespace rondo {

std::string_view RunKindName(RunKind kind) {
  switch (kind) {
    case RunKind::kPass:
      return "pass";
    case RunKind::kFail:
      return "fail";
    case RunKind::kException:
      return "exception";
    case RunKind::kDeadlock:
      return "deadlock";
    case RunKind::kLivelock:
      return "livelock";
    case RunKind::kNondeterminism:
      return "nondeterminism";
  }
  __builtin_unreachable();
}

std::string Signature::ToString() const {
  std::string text(RunKindName(kind));
  if (!id.empty()) text.append(": ").append(id);
  return text;
}

}  // namespace rondo
