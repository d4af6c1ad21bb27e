// A simulated host's executor: jobs that take virtual time.
//
// A job waits for a worker, first come, first served. Then its function is
// called, in one piece, between two steps of the hosts; its outcome is known
// after a drawn latency. Both are events: an explorer may have them earlier or
// later than others, so that a job that is cancelled has begun in one run and
// not in another.
//
// A function that waits for a ConcurrentFuture that is not done throws
// RuntimeError: nothing else happens while it runs. What else blocks (a mutex,
// a read) blocks the whole simulation.
//
// Thread-safety: one run, one thread.
#ifndef RONDO_SIMNET_SIM_EXECUTOR_H_
#define RONDO_SIMNET_SIM_EXECUTOR_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rondo/replay/decisions.h"
#include "rondo/runtime/clock.h"
#include "rondo/runtime/executor.h"
#include "rondo/simnet/event_queue.h"

namespace rondo {

struct SimExecutorOptions {
  int workers = 4;
  // From a job's start to its end.
  Nanoseconds latency_min = std::chrono::microseconds(50);
  Nanoseconds latency_max = std::chrono::milliseconds(5);
};

class JobObserver {
 public:
  virtual ~JobObserver() = default;

  // Around whatever the program does in a job, or because one has ended.
  virtual void OnEnter() = 0;
  virtual void OnLeave() = 0;
  // A job begins ("job") or has ended ("done").
  virtual void OnJob(std::string_view event, Identity job,
                     std::string_view name) = 0;
  // Before the first number is drawn from `stream`: what it is called.
  virtual void OnDrawStream(Identity stream, std::string_view path) = 0;
};

class SimExecutor final : public Executor {
 public:
  // Whose it is: `boot` is the identity of this boot of the host.
  struct Place {
    Identity host;
    Identity boot;
    std::string_view name;
  };

  // All outlive it. Throws: ValueError if there are no workers.
  SimExecutor(EventQueue& queue, Clock& true_clock, Decisions& decisions,
              JobObserver& observer, const Place& place,
              const SimExecutorOptions& options = {});
  SimExecutor(const SimExecutor&) = delete;
  SimExecutor& operator=(const SimExecutor&) = delete;
  ~SimExecutor() override { GoInert(); }

  void Submit(std::shared_ptr<Job> job) override;
  void Shutdown(absl::AnyInvocable<void()> ended) override;

  // Its host has crashed: its jobs are gone, and what comes is dropped.
  void GoInert();

  // How many jobs have not ended.
  std::size_t size() const { return jobs_.size(); }

 private:
  struct SimJob final : SimEvent {
    void Happen() override { executor->Happen(this); }
    void Discard() override {}

    SimExecutor* executor = nullptr;
    std::list<SimJob>::iterator self;
    std::shared_ptr<Job> job;
    EventStream stream;
    std::string name;
    std::string label;
    bool begun = false;
  };

  // Gives a worker to the first that waits, if there is one.
  void Assign();
  void Happen(SimJob* job);
  // False if it was cancelled before.
  bool Call(SimJob* job);
  void End(SimJob* job);
  void TellEnded();
  Nanoseconds Latency();

  EventQueue& queue_;
  Clock& clock_;
  Decisions& decisions_;
  JobObserver& observer_;
  const Identity host_;
  const Identity id_;
  const std::string host_name_;
  const SimExecutorOptions options_;
  std::list<SimJob> jobs_;       // In the order of submission.
  std::deque<SimJob*> waiting_;  // For a worker.
  int busy_ = 0;
  std::uint64_t submitted_ = 0;
  std::uint64_t draws_ = 0;
  bool shut_down_ = false;
  bool inert_ = false;
  std::vector<absl::AnyInvocable<void()>> ended_;
};

}  // namespace rondo

#endif  // RONDO_SIMNET_SIM_EXECUTOR_H_
