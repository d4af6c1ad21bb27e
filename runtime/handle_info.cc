#include "rondo/runtime/handle_info.h"

#include <string>
#include <string_view>

namespace rondo {

std::string_view HandleKindName(HandleKind kind) {
  switch (kind) {
    case HandleKind::kStep:
      return "step";
    case HandleKind::kWakeup:
      return "wakeup";
    case HandleKind::kCallback:
      return "callback";
    case HandleKind::kTimer:
      return "timer";
    case HandleKind::kFutureDone:
      return "future_done";
    case HandleKind::kTransport:
      return "transport";
    case HandleKind::kIo:
      return "io";
  }
  __builtin_unreachable();
}

std::string HandleInfo::label() const {
  std::string label(HandleKindName(kind));
  label += ':';
  label += name;
  return label;
}

}  // namespace rondo
