#include "rondo/replay/decisions.h"

#include <string_view>

namespace rondo {

std::string_view PickPointName(PickPoint point) {
  switch (point) {
    case PickPoint::kReady:
      return "ready";
    case PickPoint::kEvent:
      return "event";
    case PickPoint::kFault:
      return "fault";
  }
  __builtin_unreachable();
}

}  // namespace rondo
