// What happens inside the simulated network, for a trace's `ev` records.
#ifndef RONDO_SIMNET_NETWORK_OBSERVER_H_
#define RONDO_SIMNET_NETWORK_OBSERVER_H_

#include <cstdint>
#include <string_view>

#include "rondo/runtime/handle_info.h"

namespace rondo {

enum class NetworkEventKind : std::uint8_t {
  kConnect,    // A host asks for a connection.
  kAccept,     // The listener's host has one more to accept.
  kRefuse,     // Nobody listens; a reset goes back.
  kSend,       // A program gave `length` bytes to the network.
  kDeliver,    // `length` bytes arrived.
  kFinish,     // The end of one direction arrived.
  kReset,      // A reset arrived.
  kHold,       // A partition keeps a segment back.
  kDrop,       // Something is lost: a SYN, a reset, a datagram.
  kTimeout,    // An end gave up.
  kPartition,  // A link goes down.
  kHeal,       // A link comes up.
  kHostDown,   // A host crashed.
  kHostUp,     // It is back.
};

// "connect", "accept", "refuse", ...
std::string_view NetworkEventKindName(NetworkEventKind kind);

struct NetworkEvent {
  NetworkEventKind kind;
  Identity host = 0;      // Where it happens.
  Identity resource = 0;  // The connection, or the listener.
  std::uint64_t length = 0;
  std::string_view text;  // The name of the resource: "n1>n2:80#1".
  std::string_view data;  // What was sent (kSend).
};

class NetworkObserver {
 public:
  virtual ~NetworkObserver() = default;

  // REQUIRES: it does not call back into the network.
  virtual void OnNetworkEvent(const NetworkEvent& event) = 0;

  // Before the first number is drawn from `stream`: what it is called.
  virtual void OnDrawStream(Identity, std::string_view) {}
};

}  // namespace rondo

#endif  // RONDO_SIMNET_NETWORK_OBSERVER_H_
