// The state of a gather without its types. See gather.h.
#ifndef RONDO_RUNTIME_GATHER_CORE_H_
#define RONDO_RUNTIME_GATHER_CORE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "rondo/runtime/future.h"
#include "rondo/runtime/outcome.h"

namespace rondo::internal {

// What a gather future does besides being a future. R derives from
// FutureState<...>; it makes the result when the last child is done.
class GatherChildren {
 public:
  explicit GatherChildren(bool return_exceptions)
      : return_exceptions_(return_exceptions) {}
  GatherChildren(const GatherChildren&) = delete;
  GatherChildren& operator=(const GatherChildren&) = delete;

  // Waits for the children; `outer` is the gather itself.
  void Watch(FutureCore* outer, std::vector<FutureRef<FutureCore>> children);

  bool CancelAll(std::string_view message);

 protected:
  ~GatherChildren() = default;

  FutureCore* child(std::size_t i) const { return children_[i].get(); }
  std::size_t size() const { return children_.size(); }

  // All children are done and the gather is not: completes it.
  virtual void CompleteWithResults() = 0;
  virtual void CompleteWithError(std::exception_ptr error) = 0;

 private:
  void ChildDone(FutureCore* outer, FutureCore* child);

  std::vector<FutureRef<FutureCore>> children_;  // In argument order.
  std::size_t unfinished_ = 0;                   // Distinct ones.
  const bool return_exceptions_;
  bool cancel_requested_ = false;
};

// The result of a finished child as an element: moved if nobody else can see
// it, else copied.
template <class T>
ElementOf<T> ElementFrom(FutureCore* child) {
  if constexpr (std::is_void_v<T>) {
    return std::monostate();
  } else if constexpr (std::is_reference_v<T>) {
    return std::ref(ResultOf<T>(child).value());
  } else if constexpr (std::is_copy_constructible_v<T>) {
    if (!child->unique()) return ResultOf<T>(child).value();
    return ResultOf<T>(child).Take();
  } else {
    child->RequireResult();
    child->MarkTaken();
    return ResultOf<T>(child).Take();
  }
}

// How a finished child ended.
template <class T>
Outcome<T> OutcomeFrom(FutureCore* child) {
  if (std::exception_ptr error = child->Error()) {
    child->MarkRetrieved();
    return Outcome<T>::Failed(std::move(error));
  }
  if constexpr (std::is_void_v<T>) {
    return Outcome<T>();
  } else {
    return Outcome<T>(ElementFrom<T>(child));
  }
}

// A gather whose result is an R, which `Make` builds of the children.
template <class R, class Make>
class GatherState final : public FutureState<R>, public GatherChildren {
 public:
  explicit GatherState(bool return_exceptions)
      : GatherChildren(return_exceptions) {}

  bool Cancel(std::string_view message) override {
    return !this->done() && CancelAll(message);
  }
  std::string Describe() const override {
    return "a gather of " + std::to_string(size());
  }

 protected:
  void CompleteWithResults() override {
    if constexpr (std::is_void_v<R>) {
      this->Complete();
    } else {
      this->Complete(
          Make()([this](std::size_t i) { return child(i); }, size()));
    }
  }
  void CompleteWithError(std::exception_ptr error) override {
    this->FinishError(std::move(error));
  }
  void Destroy() override {
    this->~GatherState();
    Pool::Free(this, sizeof(*this));
  }

 private:
  ~GatherState() = default;
};

template <class R, class Make>
Future<R> StartGather(LoopCore* core, bool return_exceptions,
                      std::vector<FutureRef<FutureCore>> children) {
  using S = GatherState<R, Make>;
  S* const state = MakeFuture<S>(core, return_exceptions);
  Future<R> result = Future<R>::Adopt(FutureRef<FutureCore>(state));
  state->Watch(state, std::move(children));
  return result;
}

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_GATHER_CORE_H_
