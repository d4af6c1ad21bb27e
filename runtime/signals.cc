#include "rondo/runtime/signals.h"

#include <unistd.h>

#include <csignal>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "rondo/runtime/context.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/interrupts.h"
#include "rondo/runtime/signal_catcher.h"

namespace rondo {
namespace {

using internal::SignalCatcher;
using internal::SignalName;
using Function = absl::AnyInvocable<void()>;

void RequireSignal(int signal) {
  if (internal::IsSignal(signal)) return;
  throw ValueError(SignalName(signal) +
                   ": there are only the signals from 1 to 64");
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
  explicit Handlers(EventLoop* loop) : loop_(loop) {}
  ~Handlers() override {
    while (!entries_.empty()) Remove(entries_.begin()->first);
  }

  void Set(int signal, Function callback, std::string_view name) {
    Entry entry{std::make_shared<Function>(std::move(callback)),
                std::string(name), Context::Copy(),
                std::make_unique<SignalCatcher>(
                    loop_->core()->inbox, signal, "signal",
                    [this, signal](int times) { Queue(signal, times); })};
    entry.catcher->Install();
    entries_.insert_or_assign(signal, std::move(entry));
  }

  bool Remove(int signal) {
    if (entries_.erase(signal) == 0) return false;
    if (signal == SIGINT && internal::HasDefaultDisposition(SIGINT)) {
      internal::ReinstallInterrupts(loop_->core());
    }
    return true;
  }

 private:
  struct Entry {
    std::shared_ptr<Function> callback;
    std::string name;
    Context context;
    std::unique_ptr<SignalCatcher> catcher;
  };

  // What it queues runs as a callback of its own, which may be late.
  void Queue(int signal, int times) {
    const auto found = entries_.find(signal);
    if (found == entries_.end()) return;
    const Entry& entry = found->second;
    for (; times > 0; --times) {
      loop_->CallSoon([callback = entry.callback] { (*callback)(); },
                      entry.name, entry.context);
    }
  }

  EventLoop* loop_;
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
    throw ValueError("AddSignalHandler: the callback for " +
                     SignalName(signal) + " is empty");
  }
  if (internal::IsFaultSignal(signal)) {
    throw RuntimeError(SignalName(signal) +
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
