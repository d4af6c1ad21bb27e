#include "rondo/runtime/signal_catcher.h"

#include <sched.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <utility>

#include "rondo/runtime/errors.h"

namespace rondo::internal {
namespace {

constexpr int kSignals = 64;

// What the signal handler sees.
std::array<std::atomic<SignalCatcher*>, kSignals + 1> catchers = {};
std::atomic<int> handlers = 0;  // That run now, on any thread.
static_assert(std::atomic<SignalCatcher*>::is_always_lock_free);

std::atomic<SignalCatcher*>& CatcherOf(int signal) {
  return catchers[static_cast<std::size_t>(signal)];
}

}  // namespace

void HandleSignal(int signal) {
  ++handlers;
  if (SignalCatcher* const catcher = CatcherOf(signal)) {
    catcher->inbox_->Ring(catcher->bell_);
    if (++catcher->calls_ == catcher->limit_) std::signal(signal, SIG_DFL);
  }
  --handlers;
}

namespace {

extern "C" void OnSignal(int signal) {
  const int saved = errno;
  HandleSignal(signal);
  errno = saved;
}

bool HasDisposition(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  return sigaction(signal, nullptr, &action) == 0 &&
         (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == handler;
}

}  // namespace

SignalCatcher::SignalCatcher(std::shared_ptr<Inbox> inbox, int signal,
                             std::string name,
                             std::function<void(int times)> function, int limit)
    : inbox_(std::move(inbox)),
      bell_(std::move(name), std::move(function)),
      signal_(signal),
      limit_(limit) {
  inbox_->AddBell(&bell_);
}

SignalCatcher::~SignalCatcher() {
  SignalCatcher* self = this;
  if (CatcherOf(signal_).compare_exchange_strong(self, nullptr) &&
      HasDisposition(signal_, OnSignal)) {
    std::signal(signal_, SIG_DFL);
  }
  while (handlers != 0) sched_yield();  // On other threads.
  inbox_->RemoveBell(&bell_);
}

void SignalCatcher::Install() {
  calls_ = 0;
  SignalCatcher* const before = CatcherOf(signal_).exchange(this);
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;  // The loop is woken by its selector.
  sigemptyset(&action.sa_mask);
  if (sigaction(signal_, &action, nullptr) == 0) return;
  const int error = errno;
  CatcherOf(signal_) = before;
  throw RuntimeError(SignalName(signal_) +
                     " cannot be caught: " + std::strerror(error));
}

std::string SignalName(int signal) {
  return "signal " + std::to_string(signal);
}

bool IsSignal(int signal) { return signal >= 1 && signal <= kSignals; }

bool IsFaultSignal(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE ||
         signal == SIGILL;
}

bool HasDefaultDisposition(int signal) {
  return HasDisposition(signal, SIG_DFL);
}

}  // namespace rondo::internal
