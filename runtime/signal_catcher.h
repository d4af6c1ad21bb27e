// Who catches a signal of the process: one catcher at a time, the last one that
// was installed, each for one loop.
//
// The handler touches atomics and Selector::Wake, nothing else. The loop calls
// the catcher's function at its next iteration, before everything that is
// ready, and says how often the signal came meanwhile.
//
// Thread-safety: the loop's thread; signals may come on any.
#ifndef RONDO_RUNTIME_SIGNAL_CATCHER_H_
#define RONDO_RUNTIME_SIGNAL_CATCHER_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "rondo/runtime/inbox.h"

namespace rondo::internal {

class SignalCatcher {
 public:
  // `name` is the label in traces. With the `limit`-th call the signal has its
  // default disposition again (0: never).
  SignalCatcher(std::shared_ptr<Inbox> inbox, int signal, std::string name,
                std::function<void(int times)> function, int limit = 0);
  SignalCatcher(const SignalCatcher&) = delete;
  SignalCatcher& operator=(const SignalCatcher&) = delete;
  // Gives the signal its default disposition, unless somebody has replaced the
  // handler, or this catcher. Returns when no handler uses it any more.
  ~SignalCatcher();

  // From now on the signal is this one's, whosever it was. Throws: RuntimeError
  // if it cannot be caught; then nothing has changed.
  void Install();
  // How often the signal came that the loop has not seen yet; then never.
  int Take() { return bell_.Take(); }

 private:
  friend void HandleSignal(int signal);

  const std::shared_ptr<Inbox> inbox_;
  Inbox::Bell bell_;
  const int signal_;
  const int limit_;
  std::atomic<int> calls_ = 0;  // Since it was installed.
};

// "signal 10".
std::string SignalName(int signal);
bool IsSignal(int signal);
// Whether a fault raises it, again and again if a handler returns.
bool IsFaultSignal(int signal);
bool HasDefaultDisposition(int signal);

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_SIGNAL_CATCHER_H_
