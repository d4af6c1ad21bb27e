#include "rondo/runtime/interrupts.h"

#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/inbox.h"

namespace rondo::internal {
namespace {

// What the signal handler sees.
std::atomic<Inbox*> interrupted = nullptr;
std::atomic<int> signals = 0;   // Since the handler was installed.
std::atomic<int> handlers = 0;  // That run now, on any thread.
static_assert(std::atomic<Inbox*>::is_always_lock_free);

extern "C" void OnSigint(int) {
  const int saved = errno;
  ++handlers;
  if (Inbox* const inbox = interrupted) {
    inbox->Interrupt();
    if (++signals == 2) std::signal(SIGINT, SIG_DFL);
  }
  --handlers;
  errno = saved;
}

bool Is(const struct sigaction& action, void (*handler)(int)) {
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == handler;
}

bool HasHandler(void (*handler)(int)) {
  struct sigaction action = {};
  return sigaction(SIGINT, nullptr, &action) == 0 && Is(action, handler);
}

void Install() {
  struct sigaction action = {};
  action.sa_handler = OnSigint;
  action.sa_flags = SA_RESTART;  // The loop is woken by its selector.
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
}

bool OnMainThread() { return getpid() == gettid(); }

std::terminate_handler previous_terminate = nullptr;

// Nobody has caught the exception: the process ends by the signal, which is
// what a shell looks for.
void TerminateByInterrupt() {
  if (IsException<KeyboardInterrupt>(std::current_exception())) {
    std::signal(SIGINT, SIG_DFL);
    std::raise(SIGINT);
  }
  if (previous_terminate != nullptr) previous_terminate();
  std::abort();
}

[[noreturn]] void ThrowKeyboardInterrupt() {
  if (std::get_terminate() != TerminateByInterrupt) {
    previous_terminate = std::set_terminate(TerminateByInterrupt);
  }
  throw KeyboardInterrupt();
}

}  // namespace

struct Interrupts::State {
  explicit State(AnyTask m) : main(std::move(m)) {}

  void OnInterrupt() {
    if (++count > 1 || main.done()) ThrowKeyboardInterrupt();
    main.Cancel();
  }

  AnyTask main;
  int count = 0;  // Of the interrupts that the loop has seen.
};

Interrupts::Interrupts(LoopCore* core, AnyTask main)
    : state_(std::make_shared<State>(std::move(main))) {
  if (!core->seams.takes_signals || !OnMainThread() || !HasHandler(SIG_DFL)) {
    return;
  }
  inbox_ = core->inbox;
  // A callback that is left in the queue does nothing after the run.
  inbox_->SetInterruptHandler([weak = std::weak_ptr<State>(state_)] {
    if (const std::shared_ptr<State> state = weak.lock()) state->OnInterrupt();
  });
  signals = 0;
  interrupted = inbox_.get();
  Install();
}

bool ReinstallInterrupts(const LoopCore* core) {
  if (interrupted == nullptr || interrupted != core->inbox.get()) return false;
  Install();
  return true;
}

int Interrupts::Restore() {
  if (inbox_ == nullptr) return 0;
  if (HasHandler(OnSigint)) std::signal(SIGINT, SIG_DFL);
  interrupted = nullptr;
  while (handlers != 0) sched_yield();  // On other threads.
  inbox_->SetInterruptHandler(nullptr);
  return std::exchange(inbox_, nullptr)->TakeInterrupts();
}

void Interrupts::OnResult() {
  if (Restore() > 0) ThrowKeyboardInterrupt();
}

void Interrupts::OnCancelled() {
  if (Restore() > 0 || (state_->count > 0 && state_->main.Uncancel() == 0)) {
    ThrowKeyboardInterrupt();
  }
}

}  // namespace rondo::internal
