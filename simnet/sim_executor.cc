#include "rondo/simnet/sim_executor.h"

#include <iterator>
#include <utility>

#include "rondo/runtime/concurrent_future.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/identity.h"

namespace rondo {
namespace {

class Entered {
 public:
  explicit Entered(JobObserver& observer) : observer_(observer) {
    observer_.OnEnter();
  }
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;
  ~Entered() { observer_.OnLeave(); }

 private:
  JobObserver& observer_;
};

}  // namespace

SimExecutor::SimExecutor(EventQueue& queue, Clock& true_clock,
                         Decisions& decisions, JobObserver& observer,
                         const Place& place, const SimExecutorOptions& options)
    : queue_(queue),
      clock_(true_clock),
      decisions_(decisions),
      observer_(observer),
      host_(place.host),
      id_(Combine(place.boot, HashName("executor"))),
      host_name_(place.name),
      options_(options) {
  if (options.workers <= 0) throw ValueError("an executor needs workers");
}

void SimExecutor::Submit(std::shared_ptr<Job> job) {
  if (inert_) return;
  if (shut_down_) {
    throw RuntimeError("cannot schedule new jobs after shutdown");
  }
  SimJob& added = jobs_.emplace_back();
  added.executor = this;
  added.self = std::prev(jobs_.end());
  added.name = job->path.empty() ? "job" : job->path;
  added.label = added.name + " on " + host_name_;
  added.stream.host = host_;
  added.stream.id = Combine(id_, job->id != 0 ? job->id : ++submitted_);
  added.stream.resource = added.stream.id;
  added.stream.label = added.label;
  added.job = std::move(job);
  waiting_.push_back(&added);
  Assign();
}

void SimExecutor::Assign() {
  if (busy_ == options_.workers || waiting_.empty()) return;
  ++busy_;
  SimJob* const job = waiting_.front();
  waiting_.pop_front();
  queue_.Schedule(job->stream, job, clock_.Now());
}

void SimExecutor::Happen(SimJob* job) {
  const Entered entered(observer_);
  if (!job->begun) {
    job->begun = true;
    if (Call(job)) {
      queue_.Schedule(job->stream, job, clock_.Now() + Latency());
      return;
    }
  } else {
    observer_.OnJob("done", job->stream.id, job->name);
    job->job->Complete();
  }
  End(job);
}

bool SimExecutor::Call(SimJob* job) {
  observer_.OnJob("job", job->stream.id, job->name);
  const internal::NoBlocking scope(
      "a simulated job runs in one piece: what it waits for here never comes");
  return job->job->Run();
}

void SimExecutor::End(SimJob* job) {
  jobs_.erase(job->self);
  --busy_;
  Assign();
  if (jobs_.empty()) TellEnded();
}

void SimExecutor::TellEnded() {
  for (absl::AnyInvocable<void()>& ended : std::exchange(ended_, {})) ended();
}

Nanoseconds SimExecutor::Latency() {
  const Nanoseconds range = options_.latency_max - options_.latency_min;
  if (range <= Nanoseconds(0)) return options_.latency_min;
  if (draws_ == 0) observer_.OnDrawStream(id_, host_name_ + "/executor");
  const auto n = static_cast<std::uint64_t>(range.count()) + 1;
  return options_.latency_min + Nanoseconds(decisions_.Draw(id_, draws_++, n));
}

void SimExecutor::Shutdown(absl::AnyInvocable<void()> ended) {
  shut_down_ = true;
  if (ended == nullptr || inert_) return;
  ended_.push_back(std::move(ended));
  if (jobs_.empty()) TellEnded();
}

void SimExecutor::GoInert() {
  inert_ = true;
  waiting_.clear();
  ended_.clear();
  for (SimJob& job : jobs_) queue_.Clear(job.stream);
  jobs_.clear();
}

}  // namespace rondo
