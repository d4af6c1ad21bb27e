// A simulated host: a whole machine of its own.
//
// It has its own event loop, clock, addresses, random numbers, executor, and,
// through its network, its own descriptors; it shares nothing with the other
// hosts but the network. A host is made by Simulation::AddHost, which also
// steps it: a host's loop must not be run by hand.
//
// Crash ends a host between two steps: its sockets fall silent, its timers,
// callbacks and jobs are gone, its coroutines are destroyed, the youngest
// first, without running. Restart runs its main again, on a new loop.
//
// Thread-safety: one run, one thread.
#ifndef RONDO_SIMNET_HOST_H_
#define RONDO_SIMNET_HOST_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/port_codec.h"
#include "rondo/runtime/seeded_random.h"
#include "rondo/simnet/event_queue.h"
#include "rondo/simnet/sim_executor.h"
#include "rondo/simnet/sim_network.h"
#include "rondo/simnet/sim_ports.h"
#include "rondo/simnet/sim_selector.h"
#include "rondo/simnet/virtual_clock.h"

namespace rondo {

class Simulation;

// What a host runs. The function lives as long as the host.
using HostMain = std::function<Coro<>()>;

class Host : private JobObserver, private ReadinessListener {
 public:
  Host(Simulation& simulation, std::string name, HostMain main);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() override;

  const std::string& name() const { return name_; }
  Identity id() const { return id_; }
  // How often it was restarted.
  std::int64_t boot() const { return boot_; }
  bool up() const { return loop_ != nullptr; }

  // REQUIRES: up().
  EventLoop& loop() { return *loop_; }
  SimNetwork& network() { return *network_; }
  Random& random() { return *random_; }
  VirtualClock& clock() { return *clock_; }
  SimExecutor& executor() { return *executor_; }

  // What a thread of the host would do: sends `value` into the port of that
  // name (ingress.h), `delay` from now. Values for one port keep their order.
  // One that finds no such port, as after a crash, is lost.
  template <class T, class Codec = PortCodec<T>>
  void Inject(std::string_view port, const T& value,
              Nanoseconds delay = Nanoseconds(0)) {
    InjectBytes(port, Codec::Encode(value), delay);
  }
  // The same of a value as a trace has it. Throws: RuntimeError if it is down.
  void InjectBytes(std::string_view port, std::string payload,
                   Nanoseconds delay = Nanoseconds(0));

  // At once, or if the host's own step or job is in progress, after it.
  // Idempotent.
  // Throws: RuntimeError for the host that runs the body of Run.
  void Crash();
  // Throws: RuntimeError if it is up.
  void Restart();

 private:
  friend class Simulation;

  // Wakes the host when its next timer is due.
  struct TimerEvent final : SimEvent {
    explicit TimerEvent(Host* h) : host(h) {}
    void Happen() override;
    void Discard() override {}

    Host* host;
  };

  // JobObserver
  void OnEnter() override;
  void OnLeave() override;
  void OnJob(std::string_view event, Identity job,
             std::string_view name) override;
  void OnDrawStream(Identity stream, std::string_view path) override;

  // ReadinessListener
  void OnReady() override;

  void Start();
  // The crash itself.
  void End();
  // One iteration of its loop.
  void Step();
  // What the next iteration waits for.
  void Prepare();
  // Makes the host's timer event that of its first deadline after now. While
  // exploring there is one even if the host is about to run: that is how late
  // it may be, and what it then finds due at once. `longest`: no later.
  void ScheduleTimer(std::optional<Nanoseconds> longest);
  void NoteReady();
  void NoteIfReady();
  // An identity of its next step that no schedule changes.
  Identity NextStepId() const;
  // Of the main coroutine, once it has ended badly; told once.
  std::exception_ptr TakeMainError();

  Simulation& simulation_;
  const std::string name_;
  const Identity id_;
  const std::size_t index_;  // Among the hosts.
  HostMain main_function_;
  std::int64_t boot_ = -1;
  SimNetwork* network_ = nullptr;
  std::unique_ptr<VirtualClock> clock_;
  std::unique_ptr<SeededRandom> random_;
  std::unique_ptr<SimExecutor> executor_;
  std::unique_ptr<SimPorts> ports_;
  std::unique_ptr<EventLoop> loop_;
  Task<> main_;
  bool main_told_ = false;
  bool crashing_ = false;               // When its step has ended.
  std::optional<Nanoseconds> timeout_;  // Of the iteration to come.
  std::uint64_t steps_ = 0;
  bool noted_ = false;         // To be looked at.
  bool queued_ = false;        // Among the hosts that can run.
  Nanoseconds ready_since_{};  // Since then.
  const Identity timer_stream_base_;
  EventStream timer_stream_;
  TimerEvent timer_event_;
  std::string timer_label_;
  std::string step_label_;
};

}  // namespace rondo

#endif  // RONDO_SIMNET_HOST_H_
