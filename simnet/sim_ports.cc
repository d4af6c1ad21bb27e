#include "rondo/simnet/sim_ports.h"

#include <memory>
#include <utility>

#include "rondo/runtime/identity.h"
#include "rondo/runtime/port.h"

namespace rondo {

struct SimPorts::Value final : SimEvent {
  Value(EventLoop& l, std::string p, std::string b)
      : loop(l), port(std::move(p)), payload(std::move(b)) {}

  void Happen() override {
    const std::unique_ptr<Value> self(this);
    if (const auto open = internal::FindPort(loop.core(), port)) {
      open->Feed(payload);
    }
  }
  void Discard() override { delete this; }

  EventLoop& loop;
  std::string port;
  std::string payload;
};

SimPorts::SimPorts(EventQueue& queue, EventLoop& loop, Identity host,
                   Identity boot, std::string_view host_name)
    : queue_(queue),
      loop_(loop),
      host_(host),
      boot_(boot),
      host_name_(host_name) {}

SimPorts::~SimPorts() {
  for (auto& [name, stream] : streams_) queue_.Clear(stream.events);
}

void SimPorts::Inject(std::string_view port, std::string payload,
                      Nanoseconds when) {
  Stream& stream = streams_[std::string(port)];
  if (stream.label.empty()) {
    stream.label = "port " + std::string(port) + " of " + host_name_;
    stream.events.id = Combine(boot_, HashName("inject:" + std::string(port)));
    stream.events.host = host_;
    stream.events.label = stream.label;
  }
  queue_.Schedule(stream.events,
                  new Value(loop_, std::string(port), std::move(payload)),
                  when);
}

}  // namespace rondo
