#include "rondo/runtime/source_place.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace rondo {
namespace {

using testing::HasSubstr;

TEST(SourcePlaceTest, FileNamesLoseWhatBazelPutsBeforeThem) {
  EXPECT_EQ(ShortFileName("bazel-out/k8/bin/runtime/_virtual_includes/task/"
                          "rondo/runtime/task.h"),
            "rondo/runtime/task.h");
  EXPECT_EQ(ShortFileName("tests/x.cc"), "tests/x.cc");
}

std::string Here(std::source_location where = std::source_location::current()) {
  return PlaceText(where);
}

TEST(SourcePlaceTest, APlaceIsFileLineAndFunction) {
  const int line = __LINE__ + 1;
  const std::string text = Here();
  EXPECT_THAT(text, HasSubstr("tests/runtime/source_place_test.cc:" +
                              std::to_string(line) + " in "));
  EXPECT_THAT(text, HasSubstr("TestBody"));
}

TEST(SourcePlaceTest, AnUnknownPlaceHasNoText) { EXPECT_EQ(PlaceText({}), ""); }

}  // namespace
}  // namespace rondo
