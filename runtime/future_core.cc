#include "rondo/runtime/future_core.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

namespace rondo::internal {

bool FutureCore::Cancel(std::string_view message) {
  unretrieved_ = false;
  if (done()) return false;
  FinishCancelled(MakeCancelled(message));
  return true;
}

std::string FutureCore::Describe() const { return "a future"; }

std::exception_ptr FutureCore::MakeCancelled(std::string_view message) {
  if (message.empty()) return nullptr;
  return std::make_exception_ptr(CancelledError(std::string(message)));
}

void FutureCore::ThrowNoResult() {
  switch (state_) {
    case State::kPending:
      throw InvalidStateError("result is not ready");
    case State::kResult:
      throw InvalidStateError("result was moved out by an await");
    case State::kCancelled:
      if (error_ == nullptr) throw CancelledError();
      break;
    case State::kException:
      unretrieved_ = false;
      break;
  }
  std::rethrow_exception(error_);
}

std::exception_ptr FutureCore::Exception() {
  switch (state_) {
    case State::kPending:
      throw InvalidStateError("exception is not set");
    case State::kResult:
      return nullptr;
    case State::kCancelled:
      if (error_ == nullptr) throw CancelledError();
      std::rethrow_exception(error_);
    case State::kException:
      break;
  }
  unretrieved_ = false;
  return error_;
}

std::exception_ptr FutureCore::Error() const {
  if (state_ == State::kCancelled && error_ == nullptr) {
    return std::make_exception_ptr(CancelledError());
  }
  return state_ == State::kPending ? nullptr : error_;
}

void FutureCore::ThrowIsTask() {
  throw RuntimeError("a task's result is set by its coroutine only");
}

void FutureCore::ThrowDone() {
  throw InvalidStateError("future is done already");
}

void FutureCore::SetError(std::exception_ptr exception) {
  RequirePending();
  if (exception == nullptr) throw ValueError("SetException without exception");
  FinishError(std::move(exception));
}

void FutureCore::FinishError(std::exception_ptr exception) {
  error_ = std::move(exception);
  unretrieved_ = true;
  Finish(State::kException);
}

void FutureCore::FinishCancelled(std::exception_ptr error) {
  error_ = std::move(error);
  Finish(State::kCancelled);
}

bool FutureCore::RemoveCallback(Node* node) {
  if (callbacks_ == nullptr) return false;
  Node* before = callbacks_;
  do {
    if (before->next == node) {
      if (node->next == node) {
        callbacks_ = nullptr;
      } else {
        before->next = node->next;
        if (callbacks_ == node) callbacks_ = before;
      }
      node->next = nullptr;
      if (!node->Has(Node::kTask)) node->Unref();
      return true;
    }
    before = before->next;
  } while (before != callbacks_);
  return false;
}

void FutureCore::AwaitedBy(Awaiters* awaiters) const {
  if (callbacks_ == nullptr) return;
  Node* node = callbacks_;
  do {
    node = node->next;
    node->CollectAwaiters(awaiters);
  } while (node != callbacks_);
}

void FutureCore::DropCallbacks() {
  Node* const last = std::exchange(callbacks_, nullptr);
  if (last == nullptr) return;
  Node* node = last->next;
  last->next = nullptr;
  while (node != nullptr) {
    Node* const next = std::exchange(node->next, nullptr);
    if (!node->Has(Node::kTask)) {
      // Whoever still holds the node must not take it for waiting here.
      node->Set(Node::kCancelled);
      node->Clear();
      node->Unref();
    }
    node = next;
  }
}

void FutureCore::QueueDoneCallback(Node* node) {
  if (!core()->open) {
    // A closed or crashed loop runs nothing any more.
    if (!node->Has(Node::kTask)) node->Unref();
    return;
  }
  if (node->Has(Node::kTask)) {
    node->Set(Node::kWakeup);
  } else if (node->Has(Node::kDoneCallback)) {
    auto* const waiter = static_cast<DoneNode*>(node);
    waiter->holds = true;
    waiter->future->Ref();
  }
  core()->Push(node);
}

void FutureCore::QueueCallbacks(Node* last) {
  Node* node = last->next;
  last->next = nullptr;
  while (node != nullptr) {
    Node* const next = node->next;
    QueueCallback(node);
    node = next;
  }
}

std::vector<std::size_t> FirstOccurrences(
    const std::vector<FutureCore*>& futures) {
  // Sorted by address only to find the equal ones; the result is in order.
  std::vector<std::size_t> places(futures.size());
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
  std::sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
    if (futures[a] == futures[b]) return a < b;
    // tidy: allow(pointer-order) only to find the equal ones
    return std::less<FutureCore*>()(futures[a], futures[b]);
  });
  places.erase(std::unique(places.begin(), places.end(),
                           [&](std::size_t a, std::size_t b) {
                             return futures[a] == futures[b];
                           }),
               places.end());
  std::sort(places.begin(), places.end());
  return places;
}

void FutureCore::ReportUnseen() {
  core()->Report("Future exception was never retrieved", error_, Describe(),
                 Created());
}

void FutureCore::LeaveUnseen() {
  if (unretrieved_ && state_ == State::kException && !core()->closed) {
    unretrieved_ = false;
    ++refs_;  // The report may look at the future, but not keep it.
    ReportUnseen();
    --refs_;
  }
  DropCallbacks();
}

}  // namespace rondo::internal
