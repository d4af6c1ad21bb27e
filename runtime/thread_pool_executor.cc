#include "rondo/runtime/thread_pool_executor.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"

namespace rondo {
namespace {

// Linux: TASK_COMM_LEN less the end of the string.
constexpr std::size_t kLongestName = 15;

int Workers(int asked) {
  if (asked < 0) throw ValueError("max_workers must not be negative");
  if (asked > 0) return asked;
  const unsigned processors = std::max(1u, std::thread::hardware_concurrency());
  return static_cast<int>(std::min(32u, processors + 4));
}

}  // namespace

class ThreadPoolExecutor::State : public std::enable_shared_from_this<State> {
 public:
  explicit State(const ThreadPoolOptions& options)
      : max_workers_(Workers(options.max_workers)),
        prefix_(options.thread_name_prefix) {}

  void Submit(std::shared_ptr<Job> job);
  void Shutdown(absl::AnyInvocable<void()> ended);
  void CancelPending();
  void Join();

  int max_workers() const { return max_workers_; }
  std::size_t thread_count() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return started_;
  }
  std::size_t idle_count() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return idle_;
  }

 private:
  void StartThread();
  void Work(std::size_t number);
  void NameThread(std::size_t number) const;
  // One job has ended.
  void JobEnded();

  // Whose thread this is.
  static inline constinit thread_local const State* current_pool = nullptr;

  const int max_workers_;
  const std::string prefix_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Job>> queue_;
  std::size_t unended_ = 0;  // Jobs, waiting or running.
  std::size_t idle_ = 0;     // Threads that wait for a job.
  std::size_t started_ = 0;
  std::size_t alive_ = 0;
  bool shut_down_ = false;
  std::vector<std::thread> threads_;  // Not joined yet.
  std::vector<absl::AnyInvocable<void()>> ended_;
};

void ThreadPoolExecutor::State::Submit(std::shared_ptr<Job> job) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (shut_down_) {
    throw RuntimeError("cannot schedule new jobs after shutdown");
  }
  queue_.push_back(std::move(job));
  ++unended_;
  if (idle_ < queue_.size() &&
      started_ < static_cast<std::size_t>(max_workers_)) {
    StartThread();
  }
  changed_.notify_one();
}

void ThreadPoolExecutor::State::StartThread() {
  try {
    threads_.emplace_back(
        [self = shared_from_this(), number = started_] { self->Work(number); });
    ++started_;
    ++alive_;
  } catch (const std::system_error&) {
    if (started_ > 0) return;  // The others will come to it.
    queue_.pop_back();
    --unended_;
    throw;
  }
}

void ThreadPoolExecutor::State::NameThread(std::size_t number) const {
  const std::string suffix = "_" + std::to_string(number);
  const std::size_t room = kLongestName - std::min(kLongestName, suffix.size());
  pthread_setname_np(pthread_self(),
                     (prefix_.substr(0, room) + suffix).c_str());
}

void ThreadPoolExecutor::State::Work(std::size_t number) {
  NameThread(number);
  current_pool = this;
  for (;;) {
    std::shared_ptr<Job> job;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      ++idle_;
      changed_.wait(lock, [this] { return !queue_.empty() || shut_down_; });
      --idle_;
      if (queue_.empty()) {
        --alive_;
        changed_.notify_all();
        return;
      }
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    if (job->Run()) job->Complete();
    job.reset();
    JobEnded();
  }
}

void ThreadPoolExecutor::State::JobEnded() {
  std::vector<absl::AnyInvocable<void()>> ended;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (--unended_ == 0) ended.swap(ended_);
  }
  for (absl::AnyInvocable<void()>& callback : ended) callback();
}

void ThreadPoolExecutor::State::Shutdown(absl::AnyInvocable<void()> ended) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    shut_down_ = true;
    changed_.notify_all();
    if (ended == nullptr) return;
    if (unended_ > 0) {
      ended_.push_back(std::move(ended));
      return;
    }
  }
  ended();
}

void ThreadPoolExecutor::State::CancelPending() {
  std::deque<std::shared_ptr<Job>> pending;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    pending.swap(queue_);
  }
  for (std::shared_ptr<Job>& job : pending) {
    job->Cancel();
    job.reset();
    JobEnded();
  }
}

void ThreadPoolExecutor::State::Join() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) {
    if (thread.get_id() == std::this_thread::get_id()) {
      thread.detach();  // It ends when its job does.
    } else {
      thread.join();
    }
  }
  // Somebody else may be joining them.
  const std::size_t own = current_pool == this ? 1 : 0;
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return alive_ <= own; });
}

ThreadPoolExecutor::ThreadPoolExecutor(const ThreadPoolOptions& options)
    : state_(std::make_shared<State>(options)) {}

ThreadPoolExecutor::~ThreadPoolExecutor() { Shutdown({.wait = true}); }

void ThreadPoolExecutor::Submit(std::shared_ptr<Job> job) {
  state_->Submit(std::move(job));
}

void ThreadPoolExecutor::Shutdown(absl::AnyInvocable<void()> ended) {
  state_->Shutdown(std::move(ended));
}

void ThreadPoolExecutor::Shutdown(const ShutdownOptions& options) {
  state_->Shutdown(nullptr);
  if (options.cancel_futures) state_->CancelPending();
  if (options.wait) state_->Join();
}

int ThreadPoolExecutor::max_workers() const { return state_->max_workers(); }

std::size_t ThreadPoolExecutor::thread_count() const {
  return state_->thread_count();
}

std::size_t ThreadPoolExecutor::idle_count() const {
  return state_->idle_count();
}

}  // namespace rondo
