// Simulation: hosts, a network between them, and time that jumps.
//
// A scenario is an ordinary function of Simulation& that owns all its state:
// run once it is a test, recorded it is a golden, explored it is a model
// check.
//
//   void Scenario(rondo::Simulation& sim) {
//     sim.AddHost("n1", RunNode);
//     sim.Run([&]() -> rondo::Coro<> {
//       rondo::Stream stream = co_await rondo::OpenConnection("n1", 80);
//       ...
//       if (lost) sim.Fail("lost update");
//     });
//   }
//
// The simulation owns the true time and steps one host's loop at a time. What
// is due happens first, then the hosts that can run have their turns; only if
// there is neither does time jump to the next event. A run fails by an
// exception that leaves a host's main, by Fail, by a deadlock, or when a
// budget is spent; Run throws it.
//
// The same options, decisions and program give the same run.
// Thread-safety: one run, one thread; several simulations may run at once.
#ifndef RONDO_SIMNET_SIMULATION_H_
#define RONDO_SIMNET_SIMULATION_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "rondo/replay/decisions.h"
#include "rondo/replay/outcome.h"
#include "rondo/replay/recorder.h"
#include "rondo/simnet/event_queue.h"
#include "rondo/simnet/host.h"
#include "rondo/simnet/network_fabric.h"
#include "rondo/simnet/virtual_clock.h"

namespace rondo {

// Trivially destructible, so that it may be written where it is awaited.
struct SimulationOptions {
  std::uint64_t seed = 1;
  // Of every link, one way.
  Nanoseconds latency_min = std::chrono::microseconds(100);
  Nanoseconds latency_max = std::chrono::microseconds(800);
  // Names have IPv6 addresses too, after IPv4; so has no name (SimResolver).
  bool resolve_ipv6 = false;
  // More iterations of all loops, or more virtual time, is a livelock.
  std::uint64_t iteration_budget = 10'000'000;
  Nanoseconds time_budget = std::chrono::hours(24 * 365 * 10);
  // How late anything may be when exploring: a message, a timer, a turn.
  Nanoseconds slack = std::chrono::milliseconds(10);
  // Of every host.
  SimExecutorOptions executor = {};
};

// Who decides a run, and who watches it. Null members: nobody.
struct RunContext {
  Decisions* decisions = nullptr;     // Null: draws from the seed, no picks.
  ReadyOrder* ready_order = nullptr;  // Null: FIFO, and no picks of events.
  bool adversarial = false;
  Recorder* recorder = nullptr;
  // Asked after every step: true ends the run.
  bool (*stop)(void* argument) = nullptr;
  void* stop_argument = nullptr;
};

// What Run throws when the program has failed by Fail or spent a budget.
class RunFailed : public std::runtime_error {
 public:
  RunFailed(RunKind kind, std::string id, const std::string& message)
      : std::runtime_error(message), kind_(kind), id_(std::move(id)) {}

  RunKind kind() const { return kind_; }
  const std::string& id() const { return id_; }

 private:
  RunKind kind_;
  std::string id_;
};

class Simulation {
 public:
  explicit Simulation(const SimulationOptions& options = {});
  Simulation(const SimulationOptions& options, const RunContext& context);
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;
  ~Simulation();

  // Adds a host and starts it: its main runs when the simulation does.
  // Throws: std::invalid_argument if the name is taken.
  Host& AddHost(std::string name, HostMain main);
  // Throws: std::out_of_range for an unknown name.
  Host& host(std::string_view name);
  // The host whose step or job is in progress; null outside.
  Host* current_host() const { return current_; }

  // Runs `body` as the main of a host called "main", which faults spare, and
  // with it the world, until it has ended; then every host ends. Once only.
  // Throws: what leaves `body` or another host's main; RunFailed;
  // DeadlockError with a report of every pending task of every host.
  void Run(HostMain body);

  // Makes this run a failure called `id`; the first one counts. It takes
  // effect after the present step; outside of Run it throws RunFailed.
  void Fail(std::string id, std::string message = {});

  // ---- The world. Names of hosts that do not exist throw std::out_of_range.

  // All links; hosts that are added later too.
  void SetLatency(Nanoseconds min, Nanoseconds max);
  // How late anything may be when exploring (SimulationOptions::slack).
  void SetSlack(Nanoseconds slack) { options_.slack = slack; }
  void Partition(std::string_view host) { fabric_->Partition(host); }
  void Partition(std::string_view a, std::string_view b) {
    fabric_->Partition(a, b);
  }
  void Heal() { fabric_->Heal(); }
  void Heal(std::string_view host) { fabric_->Heal(host); }
  void Heal(std::string_view a, std::string_view b) { fabric_->Heal(a, b); }
  NetworkFabric& network() { return *fabric_; }

  // The true time since the start.
  Nanoseconds time() const { return time_.now(); }
  std::uint64_t iterations() const { return iterations_; }
  const SimulationOptions& options() const { return options_; }

  // ---- The trace.

  // Puts a line into the trace as output of the program, and into its digest.
  void Output(std::string_view text);
  // Puts an annotation into the trace; `json` is its value.
  void Mark(std::string_view name, std::string_view json = "null");

 private:
  friend class Host;
  class SeededDecisions;
  class NetworkWatch;

  void Drive();
  bool Over();
  void DriveDull();
  void DriveExploring();
  void StepFirst();
  void StepHost(Host* host);
  void Happen(SimEvent* event);
  void LookAtHosts();
  void LookAtAllHosts();
  void RecordJob(std::string_view event, Identity job, std::string_view name);
  void RecordDrawStream(Identity stream, std::string_view path);
  void CollectCandidates();
  [[noreturn]] void ThrowDeadlock();
  void EndAllHosts();

  SimulationOptions options_;
  RunContext context_;
  std::unique_ptr<SeededDecisions> seeded_;
  std::unique_ptr<NetworkWatch> watch_;
  VirtualTime time_;
  VirtualClock true_clock_;
  EventQueue queue_;
  // Something was said to a host's loop from outside it.
  std::atomic<bool> any_woken_ = false;
  std::unique_ptr<NetworkFabric> fabric_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<Host*> noted_;     // Whose descriptors have become ready.
  std::vector<Host*> runnable_;  // In the order in which they became so.
  Host* current_ = nullptr;
  Host* main_host_ = nullptr;
  std::uint64_t iterations_ = 0;
  bool any_crashing_ = false;
  bool running_ = false;
  bool ran_ = false;
  std::exception_ptr failure_;

  // Of a decision about what comes next, reused.
  struct Choice {
    Host* host = nullptr;
    EventStream* stream = nullptr;
  };
  std::vector<EventStream*> streams_;
  std::vector<Choice> choices_;
  std::vector<Candidate> candidates_;
};

}  // namespace rondo

#endif  // RONDO_SIMNET_SIMULATION_H_
