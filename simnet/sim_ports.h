// What a simulated host's threads would say: values for its ports, at times.
//
// The values for one port come in the order in which they were injected; an
// explorer may have them later than others.
//
// Thread-safety: one run, one thread.
#ifndef RONDO_SIMNET_SIM_PORTS_H_
#define RONDO_SIMNET_SIM_PORTS_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/simnet/event_queue.h"

namespace rondo {

class SimPorts {
 public:
  // `queue` and `loop` outlive it. `boot` is the identity of this boot of the
  // host.
  SimPorts(EventQueue& queue, EventLoop& loop, Identity host, Identity boot,
           std::string_view host_name);
  SimPorts(const SimPorts&) = delete;
  SimPorts& operator=(const SimPorts&) = delete;
  // What has not happened is dropped.
  ~SimPorts();

  // Feeds `payload` to the port that is called so at true time `when`; if there
  // is none then, it is lost.
  void Inject(std::string_view port, std::string payload, Nanoseconds when);

 private:
  struct Stream {
    EventStream events;
    std::string label;
  };
  struct Value;

  EventQueue& queue_;
  EventLoop& loop_;
  const Identity host_;
  const Identity boot_;
  const std::string host_name_;
  std::map<std::string, Stream, std::less<>> streams_;  // By port.
};

}  // namespace rondo

#endif  // RONDO_SIMNET_SIM_PORTS_H_
