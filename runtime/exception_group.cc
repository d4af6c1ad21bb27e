#include "rondo/runtime/exception_group.h"

#include <algorithm>
#include <utility>

namespace rondo {
namespace {

bool IsOrdinary(const std::exception_ptr& exception) {
  return IsException<std::exception>(exception);
}

std::string Summary(const std::string& message, std::size_t count) {
  return message + " (" + std::to_string(count) + " sub-exception" +
         (count == 1 ? "" : "s") + ")";
}

std::optional<BaseExceptionGroup> GroupOf(
    const std::string& message, std::vector<std::exception_ptr> exceptions) {
  if (exceptions.empty()) return std::nullopt;
  return BaseExceptionGroup(message, std::move(exceptions));
}

}  // namespace

BaseExceptionGroup::BaseExceptionGroup(
    std::string message, std::vector<std::exception_ptr> exceptions) {
  if (exceptions.empty()) {
    throw ValueError("an exception group needs at least one exception");
  }
  for (std::size_t i = 0; i < exceptions.size(); ++i) {
    if (exceptions[i] != nullptr) continue;
    throw ValueError("exception " + std::to_string(i) +
                     " of an exception group is null");
  }
  std::string what = Summary(message, exceptions.size());
  state_ = std::make_shared<const State>(
      State{std::move(message), std::move(exceptions), std::move(what)});
}

ExceptionGroup::ExceptionGroup(std::string message,
                               std::vector<std::exception_ptr> exceptions)
    : BaseExceptionGroup(std::move(message), std::move(exceptions)) {
  for (const std::exception_ptr& one : this->exceptions()) {
    if (IsOrdinary(one)) continue;
    throw ValueError("an ExceptionGroup cannot hold " + DescribeException(one) +
                     ": use BaseExceptionGroup");
  }
}

void BaseExceptionGroup::Throw() const {
  const bool ordinary =
      std::all_of(exceptions().begin(), exceptions().end(), IsOrdinary);
  if (ordinary) throw ExceptionGroup(*this);
  throw *this;
}

std::exception_ptr BaseExceptionGroup::ToException() const {
  try {
    Throw();
  } catch (...) {  // tidy: allow(catch-all) it is the result
    return std::current_exception();
  }
}

GroupSplit BaseExceptionGroup::Split(const Matcher& matches) const {
  if (matches(ToException())) return {*this, std::nullopt};
  std::vector<std::exception_ptr> match;
  std::vector<std::exception_ptr> rest;
  for (const std::exception_ptr& one : exceptions()) {
    const std::optional<BaseExceptionGroup> nested = AsGroup(one);
    if (!nested.has_value()) {
      (matches(one) ? match : rest).push_back(one);
      continue;
    }
    const GroupSplit parts = nested->Split(matches);
    if (parts.match) match.push_back(parts.match->ToException());
    if (parts.rest) rest.push_back(parts.rest->ToException());
  }
  return {GroupOf(message(), std::move(match)),
          GroupOf(message(), std::move(rest))};
}

std::optional<BaseExceptionGroup> BaseExceptionGroup::Subgroup(
    const Matcher& matches) const {
  return Split(matches).match;
}

std::optional<BaseExceptionGroup> AsGroup(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const BaseExceptionGroup& group) {
    return group;
  } catch (...) {  // tidy: allow(catch-all) it is no group
    return std::nullopt;
  }
}

}  // namespace rondo
