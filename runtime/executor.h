// The seam through which a loop has work done elsewhere: on threads, or, in a
// simulation, at a virtual time.
//
// `ThreadPoolExecutor` is the machine's, `SimExecutor` (simnet) the
// simulation's. Programs use them by RunInExecutor and ToThread
// (run_in_executor.h), and Submit (submit.h).
//
// Thread-safety: any thread, but where it says otherwise.
// Source: concurrent.futures.Executor.
#ifndef RONDO_RUNTIME_EXECUTOR_H_
#define RONDO_RUNTIME_EXECUTOR_H_

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "rondo/runtime/handle_info.h"

namespace rondo {

// One call of a function. It is made in one piece, and its outcome is made
// known when the executor says so.
class Job {
 public:
  virtual ~Job() = default;

  // Calls the function and keeps the outcome. Returns false if it was cancelled
  // before: then that was all. Throws nothing.
  // REQUIRES: the first call.
  virtual bool Run() = 0;
  // Tells whoever waits. REQUIRES: Run has returned true; the first call.
  virtual void Complete() = 0;
  // From any thread: ends it, unless Run has begun. Returns whether it has
  // ended so.
  virtual bool Cancel() = 0;

  // What traces call it: the same in every schedule. Zero and empty where
  // nobody watches. Set before it is submitted.
  Identity id = 0;
  std::string path;
};

class Executor {
 public:
  virtual ~Executor() = default;

  // Has `job` run and completed, in its turn: the first to come is the first
  // to begin. Throws: RuntimeError after Shutdown.
  virtual void Submit(std::shared_ptr<Job> job) = 0;

  // Takes no more jobs; those that it has still run. Does not wait. `ended`, if
  // not null, is called when the last of them has ended: on any thread, or at
  // once. Repeatable.
  virtual void Shutdown(absl::AnyInvocable<void()> ended) = 0;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_EXECUTOR_H_
