// The values that came in through ports in a recorded run.
//
//   for (const PortInput& in : PortInputsOf(recorded, "main")) {
//     host.InjectBytes(in.port, in.payload, in.time - sim.time());
//   }
//
// feeds them to a simulated host instead of the threads that sent them.
#ifndef RONDO_REPLAY_PORT_INPUTS_H_
#define RONDO_REPLAY_PORT_INPUTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "rondo/replay/trace.h"
#include "rondo/runtime/clock.h"

namespace rondo {

struct PortInput {
  std::string port;  // "commands", however often it was opened before.
  std::string payload;
  Nanoseconds time{0};  // Of the iteration in which it arrived.
  bool operator==(const PortInput&) const = default;
};

// Of one boot of a host, in the order of arrival. Values that no iteration has
// seen, because the recording ends before, are left out.
std::vector<PortInput> PortInputsOf(const Trace& trace, std::string_view host,
                                    std::int64_t boot = 0);

}  // namespace rondo

#endif  // RONDO_REPLAY_PORT_INPUTS_H_
