// Gather: waits for several things at once and collects their results.
//
//   auto [a, b] = co_await rondo::Gather(Fetch("a"), Fetch("b"));
//
//   std::vector<rondo::Task<int>> tasks = ...;
//   std::vector<int> results = co_await rondo::Gather(tasks);
//
// Coroutines become tasks, in argument order. The first failure is thrown at
// once, and the others go on running; GatherOutcomes waits for all and returns
// how each ended. Equal arguments share one child. Futures
// may be gathered before their loop runs.
//
// A result that nobody else can see is moved, another one copied. In a tuple
// void is std::monostate and T& is std::reference_wrapper<T>; a vector of void
// futures gives nothing.
//
// Cancellation: cancels every child, then throws CancelledError: Gather as soon
// as the first of them was cancelled, GatherOutcomes when the last has ended.
// Throws: ValueError for futures of another loop; RuntimeError without a loop.
// Source: asyncio.gather.
#ifndef RONDO_RUNTIME_GATHER_H_
#define RONDO_RUNTIME_GATHER_H_

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "rondo/runtime/gather_core.h"
#include "rondo/runtime/task.h"

namespace rondo {
namespace internal {

using ChildRef = FutureRef<FutureCore>;

// The loop of a gather: the running one; else the first future's, if it begins
// with one.
template <class T>
LoopCore* LoopFor(const Coro<T>&) {
  return RunningCore();
}
inline LoopCore* LoopFor(const AnyFuture& first) {
  if (running_core != nullptr) return running_core;
  if (!first) throw ValueError("gather of an empty future");
  return first.core()->core();
}
template <class A>
LoopCore* LoopFor(const std::vector<A>& awaitables) {
  return awaitables.empty() ? RunningCore() : LoopFor(awaitables.front());
}
template <class A, class... As>
  requires(sizeof...(As) > 0)
LoopCore* LoopFor(const A& first, const As&...) {
  return LoopFor(first);
}

template <class T>
ChildRef ChildOf(LoopCore* core, Coro<T> coro) {
  const Task<T> task = NewTask(core, std::move(coro), {});
  task.task_core()->Node::Set(Node::kQuietDestroy);
  return ChildRef::Share(task.core());
}
inline ChildRef ChildOf(LoopCore*, const AnyFuture& future) {
  if (!future) throw ValueError("gather of an empty future");
  return ChildRef::Share(future.core());
}

template <class F>
std::vector<ChildRef> ChildrenOf(LoopCore* core, std::vector<F>& futures) {
  std::vector<ChildRef> children;
  children.reserve(futures.size());
  for (F& future : futures) {
    children.push_back(ChildOf(core, std::move(future)));
  }
  return children;
}

// Makers of results: called with a function from index to child.
template <class... Ts>
struct MakeTuple {
  template <class Child>
  std::tuple<ElementOf<Ts>...> operator()(Child child, std::size_t) const {
    return Make(child, std::index_sequence_for<Ts...>());
  }
  template <class Child, std::size_t... Is>
  static std::tuple<ElementOf<Ts>...> Make(Child child,
                                           std::index_sequence<Is...>) {
    return std::tuple<ElementOf<Ts>...>{ElementFrom<Ts>(child(Is))...};
  }
};
template <class... Ts>
struct MakeOutcomes {
  template <class Child>
  std::tuple<Outcome<Ts>...> operator()(Child child, std::size_t) const {
    return Make(child, std::index_sequence_for<Ts...>());
  }
  template <class Child, std::size_t... Is>
  static std::tuple<Outcome<Ts>...> Make(Child child,
                                         std::index_sequence<Is...>) {
    return std::tuple<Outcome<Ts>...>{OutcomeFrom<Ts>(child(Is))...};
  }
};
template <class T>
struct MakeVector {
  template <class Child>
  std::vector<ElementOf<T>> operator()(Child child, std::size_t n) const {
    std::vector<ElementOf<T>> results;
    results.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
      results.push_back(ElementFrom<T>(child(i)));
    }
    return results;
  }
};
template <class T>
struct MakeOutcomeVector {
  template <class Child>
  std::vector<Outcome<T>> operator()(Child child, std::size_t n) const {
    std::vector<Outcome<T>> results;
    results.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
      results.push_back(OutcomeFrom<T>(child(i)));
    }
    return results;
  }
};

template <class T>
using GatheredVector =
    std::conditional_t<std::is_void_v<T>, void, std::vector<ElementOf<T>>>;

// A Coro, a Future or a Task.
template <class A>
concept Gatherable = requires { typename std::decay_t<A>::value_type; } &&
                     Awaitable<std::decay_t<A>>;

}  // namespace internal

template <internal::Gatherable... As>
  requires(sizeof...(As) > 0)
auto Gather(As... awaitables) {
  internal::LoopCore* const core = internal::LoopFor(awaitables...);
  // Braces: the children are made in argument order.
  std::vector<internal::ChildRef> children{
      internal::ChildOf(core, std::move(awaitables))...};
  return internal::StartGather<
      std::tuple<internal::ElementOf<typename As::value_type>...>,
      internal::MakeTuple<typename As::value_type...>>(core, false,
                                                       std::move(children));
}

template <internal::Gatherable A>
auto Gather(std::vector<A> awaitables) {
  using T = typename A::value_type;
  internal::LoopCore* const core = internal::LoopFor(awaitables);
  return internal::StartGather<internal::GatheredVector<T>,
                               internal::MakeVector<T>>(
      core, false, internal::ChildrenOf(core, awaitables));
}

// As Gather, but every child's error is in its outcome.
// Source: asyncio.gather with return_exceptions=True.
template <internal::Gatherable... As>
  requires(sizeof...(As) > 0)
auto GatherOutcomes(As... awaitables) {
  internal::LoopCore* const core = internal::LoopFor(awaitables...);
  std::vector<internal::ChildRef> children{
      internal::ChildOf(core, std::move(awaitables))...};
  return internal::StartGather<
      std::tuple<Outcome<typename As::value_type>...>,
      internal::MakeOutcomes<typename As::value_type...>>(core, true,
                                                          std::move(children));
}

template <internal::Gatherable A>
auto GatherOutcomes(std::vector<A> awaitables) {
  using T = typename A::value_type;
  internal::LoopCore* const core = internal::LoopFor(awaitables);
  return internal::StartGather<std::vector<Outcome<T>>,
                               internal::MakeOutcomeVector<T>>(
      core, true, internal::ChildrenOf(core, awaitables));
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_GATHER_H_
