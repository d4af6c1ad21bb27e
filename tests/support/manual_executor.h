// An executor that does nothing until it is told to.
//
//   ManualExecutor executor;
//   Future<int> f = RunInExecutor(loop, executor, [] { return 1; });
//   executor.Run();        // The first job's function.
//   executor.Complete();   // And now somebody may know.
#ifndef RONDO_TESTS_SUPPORT_MANUAL_EXECUTOR_H_
#define RONDO_TESTS_SUPPORT_MANUAL_EXECUTOR_H_

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/executor.h"

namespace rondo {

class ManualExecutor final : public Executor {
 public:
  void Submit(std::shared_ptr<Job> job) override {
    if (shut_down_)
      throw RuntimeError("cannot schedule new jobs after shutdown");
    jobs_.push_back(std::move(job));
  }
  void Shutdown(absl::AnyInvocable<void()> ended) override {
    shut_down_ = true;
    if (ended != nullptr) ended_.push_back(std::move(ended));
  }

  // Of the first job. Run drops it, and returns false, if it was cancelled.
  bool Run() {
    if (jobs_.front()->Run()) return true;
    jobs_.pop_front();
    return false;
  }
  void Complete() {
    const std::shared_ptr<Job> job = std::move(jobs_.front());
    jobs_.pop_front();
    job->Complete();
  }
  // Tells those who shut it down that the last job has ended.
  void End() {
    for (absl::AnyInvocable<void()>& ended : std::exchange(ended_, {})) ended();
  }

  std::size_t size() const { return jobs_.size(); }
  bool shut_down() const { return shut_down_; }

 private:
  std::deque<std::shared_ptr<Job>> jobs_;
  std::vector<absl::AnyInvocable<void()>> ended_;
  bool shut_down_ = false;
};

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_MANUAL_EXECUTOR_H_
