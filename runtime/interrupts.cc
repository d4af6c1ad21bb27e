#include "rondo/runtime/interrupts.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <utility>

#include "rondo/runtime/errors.h"

namespace rondo::internal {
namespace {

// Of the run that SIGINT interrupts, on the process's main thread.
const LoopCore* interrupted = nullptr;
SignalCatcher* interrupter = nullptr;

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

  void OnInterrupts(int times) {
    for (; times > 0; --times) {
      if (++count > 1 || main.done()) ThrowKeyboardInterrupt();
      main.Cancel();
    }
  }

  AnyTask main;
  int count = 0;  // Of the interrupts that the loop has seen.
};

Interrupts::Interrupts(LoopCore* core, AnyTask main)
    : state_(std::make_shared<State>(std::move(main))) {
  if (!core->seams.takes_signals || !OnMainThread() ||
      !HasDefaultDisposition(SIGINT)) {
    return;
  }
  // A callback that is left in the queue does nothing after the run.
  const auto interrupt = [weak = std::weak_ptr<State>(state_)](int times) {
    if (const auto state = weak.lock()) state->OnInterrupts(times);
  };
  catcher_ = std::make_unique<SignalCatcher>(core->inbox, SIGINT, "interrupt",
                                             interrupt, /*limit=*/2);
  catcher_->Install();
  interrupted = core;
  interrupter = catcher_.get();
}

bool ReinstallInterrupts(const LoopCore* core) {
  if (interrupter == nullptr || interrupted != core) return false;
  interrupter->Install();
  return true;
}

int Interrupts::Restore() {
  if (catcher_ == nullptr) return 0;
  interrupted = nullptr;
  interrupter = nullptr;
  const std::unique_ptr<SignalCatcher> catcher = std::move(catcher_);
  return catcher->Take();
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
