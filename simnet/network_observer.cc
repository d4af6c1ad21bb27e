#include "rondo/simnet/network_observer.h"

namespace rondo {

std::string_view NetworkEventKindName(NetworkEventKind kind) {
  switch (kind) {
    case NetworkEventKind::kConnect:
      return "connect";
    case NetworkEventKind::kAccept:
      return "accept";
    case NetworkEventKind::kRefuse:
      return "refuse";
    case NetworkEventKind::kSend:
      return "send";
    case NetworkEventKind::kDeliver:
      return "deliver";
    case NetworkEventKind::kFinish:
      return "finish";
    case NetworkEventKind::kReset:
      return "reset";
    case NetworkEventKind::kHold:
      return "hold";
    case NetworkEventKind::kDrop:
      return "drop";
    case NetworkEventKind::kTimeout:
      return "timeout";
    case NetworkEventKind::kPartition:
      return "partition";
    case NetworkEventKind::kHeal:
      return "heal";
    case NetworkEventKind::kHostDown:
      return "host_down";
    case NetworkEventKind::kHostUp:
      return "host_up";
  }
  return "";
}

}  // namespace rondo
