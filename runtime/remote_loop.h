// Reaches a loop from other threads, also after the loop is gone.
//
//   rondo::RemoteLoop remote = rondo::RunningLoop().remote();
//   std::thread([remote] { remote.CallSoonThreadsafe([] { ... }); }).detach();
//
// Thread-safety: any thread.
#ifndef RONDO_RUNTIME_REMOTE_LOOP_H_
#define RONDO_RUNTIME_REMOTE_LOOP_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "rondo/runtime/inbox.h"
#include "rondo/runtime/loop_core.h"
#include "rondo/runtime/task.h"

namespace rondo {

class RemoteLoop {
 public:
  explicit RemoteLoop(std::shared_ptr<internal::Inbox> inbox)
      : inbox_(std::move(inbox)) {}

  // Queues `callback` and wakes the loop. It runs in an empty context. On the
  // loop's own thread it is queued at once, as by CallSoon; what comes from
  // other threads is, in the order of its arrival, when the loop next looks.
  // A callback whose loop is closed before its turn is dropped.
  // Throws: RuntimeError if the loop is closed.
  // Source: call_soon_threadsafe; differs: other threads' callbacks come
  // behind what the loop's own thread has queued by then.
  template <internal::Callback F>
  void CallSoonThreadsafe(F&& callback, std::string name = {}) const {
    Require(Post({std::forward<F>(callback), std::move(name)}));
  }

  // For the library: the same; false if the loop is closed.
  bool Post(internal::Inbox::Item item) const;

 private:
  static void Require(bool posted);

  std::shared_ptr<internal::Inbox> inbox_;
};

namespace internal {

// Queues what came out of the inbox.
void QueueItem(LoopCore* core, Inbox::Item item);
// Tells the observer, if there is one.
void AnnounceArrival(LoopCore* core, const Inbox::Item& item);

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_REMOTE_LOOP_H_
