// An executor of threads.
//
//   rondo::ThreadPoolExecutor pool({.max_workers = 4});
//
// Threads are started as jobs need them, up to `max_workers`, and kept; one
// that is idle takes the next job.
//
// Thread-safety: any thread. A job may use the pool, and even be what holds it.
// Source: concurrent.futures.ThreadPoolExecutor.
#ifndef RONDO_RUNTIME_THREAD_POOL_EXECUTOR_H_
#define RONDO_RUNTIME_THREAD_POOL_EXECUTOR_H_

#include <cstddef>
#include <memory>
#include <string_view>

#include "rondo/runtime/executor.h"

namespace rondo {

struct ThreadPoolOptions {
  // 0: the number of processors and 4 more, at most 32.
  int max_workers = 0;
  // Threads are called "PREFIX_0", "PREFIX_1", ..., the prefix cut to what the
  // kernel takes (15 characters in all).
  std::string_view thread_name_prefix = "rondo";
};

struct ShutdownOptions {
  bool wait = true;             // Until its threads have ended.
  bool cancel_futures = false;  // Jobs that have not begun.
};

class ThreadPoolExecutor final : public Executor {
 public:
  // Throws: ValueError if max_workers is negative.
  explicit ThreadPoolExecutor(const ThreadPoolOptions& options = {});
  ThreadPoolExecutor(const ThreadPoolExecutor&) = delete;
  ThreadPoolExecutor& operator=(const ThreadPoolExecutor&) = delete;
  // Shuts down and waits: every job that was submitted has ended.
  ~ThreadPoolExecutor() override;

  // Throws: also std::system_error if not even one thread can be started.
  void Submit(std::shared_ptr<Job> job) override;
  void Shutdown(absl::AnyInvocable<void()> ended) override;
  // Takes no more jobs, and does as `options` say. Repeatable. On a thread of
  // the pool, waiting is for the other threads.
  void Shutdown(const ShutdownOptions& options);

  int max_workers() const;
  // How many threads have been started, and how many of them wait for a job.
  std::size_t thread_count() const;
  std::size_t idle_count() const;

 private:
  class State;

  std::shared_ptr<State> state_;  // The threads' too.
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_THREAD_POOL_EXECUTOR_H_
