// Exception groups: several exceptions that are thrown as one.
//
//   try {
//     co_await rondo::WithTaskGroup(body);
//   } catch (const rondo::ExceptionGroup& group) {
//     const auto [late, rest] = group.Split<rondo::TimeoutError>();
//     if (late) Log(late->what());
//     if (rest) rest->Throw();  // What `except*` does with the rest.
//   }
//
// An ExceptionGroup holds ordinary exceptions only and is one itself. A
// BaseExceptionGroup holds at least one that is not (a CancelledError, an int),
// so that `catch (const std::exception&)` lets it pass. Copies share their
// members.
//
// Source: PEP 654.
#ifndef RONDO_RUNTIME_EXCEPTION_GROUP_H_
#define RONDO_RUNTIME_EXCEPTION_GROUP_H_

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rondo/runtime/errors.h"

namespace rondo {

struct GroupSplit;

class BaseExceptionGroup : public BaseException {
 public:
  using Matcher = std::function<bool(const std::exception_ptr&)>;

  // Throws: ValueError if `exceptions` is empty or one of them is null.
  BaseExceptionGroup(std::string message,
                     std::vector<std::exception_ptr> exceptions);

  const std::string& message() const { return state_->message; }
  // The members, groups among them as they are.
  const std::vector<std::exception_ptr>& exceptions() const {
    return state_->exceptions;
  }
  // "the message (2 sub-exceptions)".
  const char* what() const noexcept override { return state_->what.c_str(); }

  // Throws this group: as an ExceptionGroup if all its members are ordinary.
  [[noreturn]] void Throw() const;
  // What Throw throws.
  std::exception_ptr ToException() const;

  // The part of the group of which `matches` is true, and the other one. It is
  // asked about the group itself first, and then about its members; in nested
  // groups likewise, and both parts keep the nesting.
  GroupSplit Split(const Matcher& matches) const;
  // The same by type: what a `catch (const E&)` for one of `Es` would catch.
  template <class... Es>
  GroupSplit Split() const;

  // The first half of Split.
  std::optional<BaseExceptionGroup> Subgroup(const Matcher& matches) const;
  template <class... Es>
  std::optional<BaseExceptionGroup> Subgroup() const;

 private:
  struct State {
    std::string message;
    std::vector<std::exception_ptr> exceptions;
    std::string what;
  };

  std::shared_ptr<const State> state_;
};

// Without a value: that part is empty.
struct GroupSplit {
  std::optional<BaseExceptionGroup> match;
  std::optional<BaseExceptionGroup> rest;
};

class ExceptionGroup : public BaseExceptionGroup, public std::exception {
 public:
  // Throws: ValueError, also if a member is not ordinary.
  ExceptionGroup(std::string message,
                 std::vector<std::exception_ptr> exceptions);
  const char* what() const noexcept override {
    return BaseExceptionGroup::what();
  }

 private:
  friend class BaseExceptionGroup;
  explicit ExceptionGroup(const BaseExceptionGroup& group)
      : BaseExceptionGroup(group) {}
};

// The group that `exception` is, if it is one.
std::optional<BaseExceptionGroup> AsGroup(const std::exception_ptr& exception);

template <class... Es>
GroupSplit BaseExceptionGroup::Split() const {
  return Split([](const std::exception_ptr& exception) {
    return (IsException<Es>(exception) || ...);
  });
}

template <class... Es>
std::optional<BaseExceptionGroup> BaseExceptionGroup::Subgroup() const {
  return Split<Es...>().match;
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_EXCEPTION_GROUP_H_
