// Futures of a loop and futures of threads, one for the other.
//
//   int n = co_await rondo::WrapFuture(concurrent);
//
// What belongs to a loop never leaves its thread: the other side has a link,
// which only the loop's thread looks into, and which is empty once the loop
// has ended.
//
// Thread-safety: the loop's thread only.
// Source: asyncio.wrap_future, asyncio.futures._chain_future.
#ifndef RONDO_RUNTIME_FUTURE_CHAIN_H_
#define RONDO_RUNTIME_FUTURE_CHAIN_H_

#include <list>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "rondo/runtime/concurrent_future.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"

namespace rondo {
namespace internal {

// How an end is carried over: into a future that is pending, from one that has
// ended.
using ToLoop = void (*)(FutureCore* to, ConcurrentCore& from);
using ToThread = void (*)(ConcurrentCore& to, FutureCore* from);

// The end of `from` becomes that of `to`, a pending future; if `to` is
// cancelled, so is `from`. `info` names the callback that does it.
void Chain(FutureCore* to, const std::shared_ptr<ConcurrentCore>& from,
           ToLoop carry, std::unique_ptr<NodeInfo> info);
// The same the other way. If `from` is dropped with its loop, `to` is
// cancelled.
void Chain(const std::shared_ptr<ConcurrentCore>& to, FutureCore* from,
           ToThread carry);

// Cancels a concurrent future when it dies, unless that has ended.
class CancelAtEnd {
 public:
  explicit CancelAtEnd(std::shared_ptr<ConcurrentCore> future)
      : future_(std::move(future)) {}
  CancelAtEnd(CancelAtEnd&&) = default;
  CancelAtEnd& operator=(CancelAtEnd&&) = delete;
  ~CancelAtEnd() {
    if (future_ != nullptr) future_->Cancel();
  }

  ConcurrentCore& operator*() const { return *future_; }
  const std::shared_ptr<ConcurrentCore>& get() const { return future_; }
  // It is somebody else's to end.
  void Release() { future_.reset(); }

 private:
  std::shared_ptr<ConcurrentCore> future_;
};

// A name for what will come back from elsewhere, a child of what is running;
// null unless somebody watches.
std::unique_ptr<NodeInfo> NameReturn(LoopCore* core, std::string_view label);

// Result and exception are moved: nobody else sees `from`.
template <class T>
void CarryOnly(FutureCore* to, ConcurrentCore& from) {
  if (from.cancelled()) {
    to->Cancel({});
  } else if (std::exception_ptr error = from.TakeException()) {
    to->SetError(std::move(error));
  } else {
    if constexpr (!std::is_void_v<T>) {
      ResultOf<T>(to).Construct(
          static_cast<ConcurrentState<T>&>(from).result().Take());
    }
    to->FinishResult();
  }
}

// Others may look at `from` too: they are copied, a result if it can be.
template <class T>
void CarryShared(FutureCore* to, ConcurrentCore& from) {
  if (from.cancelled()) {
    to->Cancel({});
  } else if (std::exception_ptr error = from.Exception()) {
    to->SetError(std::move(error));
  } else if constexpr (!std::is_void_v<T> && !std::is_reference_v<T> &&
                       std::is_copy_constructible_v<T>) {
    const T& result = static_cast<ConcurrentState<T>&>(from).result().value();
    ResultOf<T>(to).Construct(result);
    to->FinishResult();
  } else {
    CarryOnly<T>(to, from);
  }
}

}  // namespace internal

// A future of the running loop, or of `loop`, that ends as `future` does. It is
// cancelled with it, and cancels it.
// Throws: RuntimeError without a loop.
template <class T>
Future<T> WrapFuture(EventLoop& loop, const ConcurrentFuture<T>& future) {
  if (!future) throw ValueError("WrapFuture of an empty future");
  Future<T> wrapped = loop.CreateFuture<T>();
  internal::Chain(wrapped.core(), future.state(), &internal::CarryShared<T>,
                  internal::NameReturn(loop.core(), "wrap_future"));
  return wrapped;
}
template <class T>
Future<T> WrapFuture(const ConcurrentFuture<T>& future) {
  return WrapFuture(RunningLoop(), future);
}
// What is a loop's future already stays what it is.
template <class T>
Future<T> WrapFuture(Future<T> future) {
  return future;
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_FUTURE_CHAIN_H_
