// One direction of a simulated TCP connection: its bytes, counted.
#ifndef RONDO_SIMNET_TCP_FLOW_H_
#define RONDO_SIMNET_TCP_FLOW_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "rondo/simnet/event_queue.h"
#include "rondo/simnet/segment.h"
#include "rondo/simnet/topology.h"

namespace rondo::internal {

class TcpConnection;

// One direction. Counts are bytes since the beginning.
struct TcpFlow {
  TcpConnection* connection = nullptr;
  int from = 0;          // The side that sends: 0 asked for the connection.
  Link* link = nullptr;  // Null: nobody has the address.
  Identity id = 0;
  std::uint64_t draws = 0;

  EventStream segments;  // To the receiver.
  EventStream acks;      // Back to the sender, over the other link.
  EventStream timer;     // The sender's.
  std::uint64_t ack_draws = 0;

  // The sender's half.
  std::uint64_t written = 0;
  std::uint64_t acked = 0;
  SegmentList held;  // What a cut link keeps back.
  bool fin_sent = false;

  // The receiver's half. What arrives beyond the receive buffer waits at its
  // door, not readable and not acknowledged.
  std::uint64_t arrived = 0;
  std::uint64_t accepted = 0;
  std::uint64_t consumed = 0;
  std::uint64_t reported = 0;  // Acknowledged by a kAck under way or arrived.
  SegmentList queue;
  bool fin_arrived = false;

  bool down() const { return link == nullptr || link->down; }

  // What the sender's buffer holds: written, not yet known to be taken.
  std::size_t used() const { return written - acked; }
  // Linux's low-water mark: free space is at least half of what is used.
  bool Writable(std::size_t capacity) const {
    return used() <= capacity && 2 * (capacity - used()) >= used();
  }

  std::size_t readable() const { return accepted - consumed; }
  // Something waits at the door.
  bool blocked() const { return accepted != arrived; }
  bool finished() const { return fin_arrived && !blocked(); }
  // Takes from the door what fits into a buffer of `capacity`; true if any.
  bool Accept(std::size_t capacity);
  // Moves up to buffer.size() readable bytes out; returns how many.
  std::size_t Read(std::span<char> buffer);
};

// When a segment first sent at `sent` would next be sent again after `now`:
// RTO 200 ms, doubling up to 120 s.
Nanoseconds NextRetransmission(Nanoseconds sent, Nanoseconds now);

// When the SYN first sent at `sent` is next sent again after `now`: 1, 3, 7,
// ... s after it. After `retries` times comes the end, SynTimeout.
Nanoseconds NextSyn(Nanoseconds sent, Nanoseconds now, int retries);
Nanoseconds SynTimeout(Nanoseconds sent, int retries);

// "latency of segment 3 (data) of n1>n2:80#1, n1 to n2".
std::string LatencyMeaning(const Link& link, const std::string& connection,
                           std::uint64_t k, SegmentKind kind);

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_TCP_FLOW_H_
