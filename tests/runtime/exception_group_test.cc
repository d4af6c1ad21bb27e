#include "rondo/runtime/exception_group.h"

#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Exceptions = std::vector<std::exception_ptr>;

template <class E>
std::exception_ptr Error(E error) {
  return std::make_exception_ptr(std::move(error));
}

// "g[a, h[b]]": messages and leaves, nested as they are.
std::string Shape(const BaseExceptionGroup& group) {
  std::string text = group.message() + "[";
  for (const std::exception_ptr& one : group.exceptions()) {
    if (text.back() != '[') text += ", ";
    const auto nested = AsGroup(one);
    text += nested ? Shape(*nested) : DescribeException(one);
  }
  return text + "]";
}

std::string Shape(const std::optional<BaseExceptionGroup>& group) {
  return group ? Shape(*group) : "nothing";
}

TEST(ExceptionGroupTest, SaysHowManyItHolds) {
  const ExceptionGroup one("one", {Error(ValueError("a"))});
  EXPECT_STREQ(one.what(), "one (1 sub-exception)");
  const BaseExceptionGroup two("two", {Error(1), Error(CancelledError())});
  EXPECT_STREQ(two.what(), "two (2 sub-exceptions)");
  EXPECT_EQ(DescribeException(two.ToException()),
            "rondo::BaseExceptionGroup: two (2 sub-exceptions)");
}

TEST(ExceptionGroupTest, RefusesWhatIsNoGroup) {
  EXPECT_THROW(BaseExceptionGroup("empty", {}), ValueError);
  EXPECT_THROW(BaseExceptionGroup("null", {nullptr}), ValueError);
  try {
    ExceptionGroup("no", {Error(ValueError("a")), Error(CancelledError("c"))});
    FAIL();
  } catch (const ValueError& error) {
    EXPECT_THAT(error.what(), HasSubstr("CancelledError: c"));
  }
  // A group of ordinary exceptions is ordinary, another one is not.
  const BaseExceptionGroup good("g", {Error(ValueError("a"))});
  EXPECT_NO_THROW(ExceptionGroup("yes", {good.ToException()}));
  const BaseExceptionGroup bad("g", {Error(KeyboardInterrupt())});
  EXPECT_THROW(ExceptionGroup("no", {bad.ToException()}), ValueError);
}

TEST(ExceptionGroupTest, IsOrdinaryIfAllItsMembersAre) {
  EXPECT_THROW(BaseExceptionGroup("g", {Error(ValueError("a"))}).Throw(),
               ExceptionGroup);
  EXPECT_THROW(BaseExceptionGroup("g", {Error(ValueError("a"))}).Throw(),
               std::exception);
  const BaseExceptionGroup mixed(
      "g", {Error(ValueError("a")), Error(CancelledError())});
  EXPECT_TRUE(IsException<BaseException>(mixed.ToException()));
  EXPECT_FALSE(IsException<std::exception>(mixed.ToException()));
}

TEST(ExceptionGroupTest, CopiesShareTheirMembersAndCannotFail) {
  static_assert(std::is_nothrow_copy_constructible_v<ExceptionGroup>);
  const ExceptionGroup group("g", {Error(ValueError("a"))});
  const ExceptionGroup copy = group;
  EXPECT_EQ(&copy.exceptions(), &group.exceptions());
}

BaseExceptionGroup Tree() {
  const BaseExceptionGroup inner(
      "inner", {Error(TimeoutError("t")), Error(ValueError("v2")),
                Error(CancelledError("c"))});
  return BaseExceptionGroup("outer",
                            {Error(ValueError("v1")), inner.ToException(),
                             Error(std::runtime_error("r"))});
}

TEST(ExceptionGroupTest, SplitsByTypeAndKeepsTheNesting) {
  const auto [match, rest] = Tree().Split<ValueError>();
  EXPECT_EQ(Shape(match),
            "outer[rondo::ValueError: v1, inner[rondo::ValueError: v2]]");
  EXPECT_EQ(Shape(rest),
            "outer[inner[rondo::TimeoutError: t, rondo::CancelledError: c], "
            "std::runtime_error: r]");
  // What is left of a group may be ordinary though the whole was not.
  EXPECT_TRUE(IsException<ExceptionGroup>(match->ToException()));
  EXPECT_FALSE(IsException<ExceptionGroup>(rest->ToException()));
}

TEST(ExceptionGroupTest, SplitsByBaseClassAndBySeveralTypes) {
  EXPECT_EQ(Shape(Tree().Subgroup<std::runtime_error>()),
            "outer[inner[rondo::TimeoutError: t], std::runtime_error: r]");
  EXPECT_EQ(Shape(Tree().Subgroup<CancelledError, TimeoutError>()),
            "outer[inner[rondo::TimeoutError: t, rondo::CancelledError: c]]");
  EXPECT_EQ(Shape(Tree().Subgroup<KeyboardInterrupt>()), "nothing");
}

TEST(ExceptionGroupTest, AMatchOfTheWholeIsTheWhole) {
  const BaseExceptionGroup tree = Tree();
  const auto [match, rest] = tree.Split<BaseExceptionGroup>();
  EXPECT_EQ(&match->exceptions(), &tree.exceptions());
  EXPECT_FALSE(rest.has_value());
  // The inner group alone, if only that is asked for.
  const auto inner = tree.Subgroup([](const std::exception_ptr& exception) {
    const auto group = AsGroup(exception);
    return group && group->message() == "inner";
  });
  EXPECT_EQ(Shape(inner),
            "outer[inner[rondo::TimeoutError: t, rondo::ValueError: v2, "
            "rondo::CancelledError: c]]");
}

TEST(ExceptionGroupTest, TheMatcherSeesGroupsBeforeTheirMembers) {
  std::vector<std::string> seen;
  const auto [match, rest] =
      Tree().Split([&](const std::exception_ptr& exception) {
        const auto group = AsGroup(exception);
        seen.push_back(group ? group->message() : DescribeException(exception));
        return false;
      });
  EXPECT_THAT(seen,
              ElementsAre("outer", "rondo::ValueError: v1", "inner",
                          "rondo::TimeoutError: t", "rondo::ValueError: v2",
                          "rondo::CancelledError: c", "std::runtime_error: r"));
  EXPECT_FALSE(match.has_value());
  EXPECT_EQ(Shape(rest), Shape(Tree()));
}

}  // namespace
}  // namespace rondo
