#include "rondo/runtime/signals.h"

#include <sched.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "rondo/runtime/context.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/inbox.h"
#include "rondo/runtime/interrupts.h"

namespace rondo {
namespace {

using internal::Inbox;
using Function = absl::AnyInvocable<void()>;

constexpr int kSignals = 64;

// What the signal handler sees: whom to tell of each signal, and how often it
// was called.
struct Line {
  std::atomic<Inbox*> inbox = nullptr;
  std::atomic<int> calls = 0;
};
std::array<Line, kSignals + 1> lines = {};
std::atomic<int> running_handlers = 0;  // That run now, on any thread.
static_assert(std::atomic<Inbox*>::is_always_lock_free);

Line& LineOf(int signal) { return lines[static_cast<std::size_t>(signal)]; }

extern "C" void OnSignal(int number) {
  const int saved = errno;
  ++running_handlers;
  Line& line = LineOf(number);
  if (Inbox* const inbox = line.inbox) {
    ++line.calls;
    inbox->Signal(number);
  }
  --running_handlers;
  errno = saved;
}

bool IsOurs(int signal) {
  struct sigaction action = {};
  return sigaction(signal, nullptr, &action) == 0 &&
         (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == OnSignal;
}

bool IsFault(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE ||
         signal == SIGILL;
}

std::string Name(int signal) { return "signal " + std::to_string(signal); }

void RequireSignal(int signal) {
  if (signal >= 1 && signal <= kSignals) return;
  throw ValueError(Name(signal) + ": there are only the signals from 1 to " +
                   std::to_string(kSignals));
}

// Throws: RuntimeError if handlers of `loop` cannot be added or removed here.
void RequireSignals(const EventLoop& loop) {
  if (loop.is_closed()) throw RuntimeError("Event loop is closed");
  if (!loop.seams().takes_signals) {
    throw RuntimeError(
        "this event loop takes no signals, since it is not one of the real "
        "world (a simulation's, for example)");
  }
  if (getpid() != gettid()) {
    throw RuntimeError(
        "signal handlers can only be changed on the process's main thread");
  }
}

// The handlers of one loop.
class Handlers final : public internal::LoopPart {
 public:
  explicit Handlers(EventLoop* loop)
      : loop_(loop), inbox_(loop->core()->inbox) {}
  ~Handlers() override {
    while (!entries_.empty()) Remove(entries_.begin()->first);
  }

  void Set(int signal, Function callback, std::string_view name) {
    Install(signal);
    Entry entry{std::make_shared<Function>(std::move(callback)),
                std::string(name), Context::Copy()};
    entries_.insert_or_assign(signal, std::move(entry));
  }

  bool Remove(int signal) {
    if (entries_.erase(signal) == 0) return false;
    Inbox* ours = inbox_.get();  // Unless another loop's has taken its place.
    if (LineOf(signal).inbox.compare_exchange_strong(ours, nullptr) &&
        IsOurs(signal)) {
      Restore(signal);
    }
    while (running_handlers != 0) sched_yield();  // On other threads.
    inbox_->SetSignalHandler(signal, nullptr);
    return true;
  }

 private:
  struct Entry {
    std::shared_ptr<Function> callback;
    std::string name;
    Context context;
  };

  // Throws: RuntimeError, and nothing has changed.
  void Install(int signal) {
    Line& line = LineOf(signal);
    Inbox* const before = line.inbox.exchange(inbox_.get());
    struct sigaction action = {};
    action.sa_handler = OnSignal;
    action.sa_flags = SA_RESTART;  // The loop is woken by its selector.
    sigemptyset(&action.sa_mask);
    if (sigaction(signal, &action, nullptr) < 0) {
      line.inbox = before;
      throw RuntimeError(Name(signal) +
                         " cannot be caught: " + std::strerror(errno));
    }
    if (before != inbox_.get()) line.calls = 0;
    inbox_->SetSignalHandler(signal, [this, signal] { Queue(signal); });
  }

  void Restore(int signal) {
    if (signal == SIGINT && internal::ReinstallInterrupts(loop_->core())) {
      return;
    }
    std::signal(signal, SIG_DFL);
  }

  // Runs as a callback of its own, which may be late.
  void Queue(int signal) {
    const auto found = entries_.find(signal);
    if (found == entries_.end()) return;
    const Entry& entry = found->second;
    for (int left = LineOf(signal).calls.exchange(0); left > 0; --left) {
      loop_->CallSoon([callback = entry.callback] { (*callback)(); },
                      entry.name, entry.context);
    }
  }

  EventLoop* loop_;
  std::shared_ptr<Inbox> inbox_;
  std::map<int, Entry> entries_;  // By signal.
};

}  // namespace

namespace internal {

void SetSignalHandler(EventLoop& loop, int signal,
                      absl::AnyInvocable<void()> callback,
                      std::string_view name) {
  RequireSignal(signal);
  RequireSignals(loop);
  if (!callback) {
    throw ValueError("AddSignalHandler: the callback for " + Name(signal) +
                     " is empty");
  }
  if (IsFault(signal)) {
    throw RuntimeError(Name(signal) +
                       " cannot be caught: a fault raises it, and would come "
                       "again before the loop could see it");
  }
  std::unique_ptr<LoopPart>& part = loop.core()->Hooks().signals;
  if (part == nullptr) part = std::make_unique<Handlers>(&loop);
  static_cast<Handlers&>(*part).Set(signal, std::move(callback), name);
}

}  // namespace internal

bool RemoveSignalHandler(EventLoop& loop, int signal) {
  RequireSignal(signal);
  RequireSignals(loop);
  internal::LoopPart* const part = loop.core()->Hooks().signals.get();
  return part != nullptr && static_cast<Handlers&>(*part).Remove(signal);
}

bool RemoveSignalHandler(int signal) {
  return RemoveSignalHandler(RunningLoop(), signal);
}

}  // namespace rondo
