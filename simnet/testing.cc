#include "rondo/simnet/testing.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"
#include "rondo/runtime/source_place.h"
#include "rondo/simnet/explore_settings.h"

namespace rondo {
namespace {

// "QuorumTest.Survives"; empty outside of tests.
std::string TestName() {
  const testing::TestInfo* const test =
      testing::UnitTest::GetInstance()->current_test_info();
  if (test == nullptr) return "";
  return std::string(test->test_suite_name()) + "." + test->name();
}

// Collects the expectations that fail while a scenario runs, and makes them a
// failure of the run.
Scenario WithExpectations(Scenario scenario) {
  return [scenario = std::move(scenario)](Simulation& simulation) {
    testing::TestPartResultArray results;
    {
      const testing::ScopedFakeTestPartResultReporter muted(
          testing::ScopedFakeTestPartResultReporter::
              INTERCEPT_ONLY_CURRENT_THREAD,
          &results);
      scenario(simulation);
    }
    for (int i = 0; i < results.size(); ++i) {
      const testing::TestPartResult& result = results.GetTestPartResult(i);
      if (!result.failed()) continue;
      const char* const file = result.file_name();
      simulation.Fail((file == nullptr ? "expectation" : ShortFileName(file)) +
                          ":" + std::to_string(result.line_number()),
                      result.message());
    }
  };
}

// "QuorumTest.Survives"; of its second exploration "QuorumTest.Survives.2".
// Slashes, which names of parameterized tests have, become points.
std::string NextName() {
  static std::string last;
  static int count = 0;
  std::string name = TestName();
  count = name == last ? count + 1 : 1;
  last = name;
  std::ranges::replace(name, '/', '.');
  return count == 1 ? name : name + "." + std::to_string(count);
}

// Directly, and through Bazel if this is one of its tests.
std::vector<std::string> Commands(const std::vector<std::string>& flags) {
  const char* const target = std::getenv("TEST_TARGET");
  std::string path = CommandLineWords()[0];
  if (target != nullptr) {
    path = "bazel-bin" + std::string(target).substr(1);  // "//a:b".
    std::ranges::replace(path, ':', '/');
  }
  std::string direct = path + " --gtest_filter=" + TestName();
  std::string bazel = std::string("bazel test ") +
                      (target == nullptr ? "" : target) +
                      " --test_arg=--gtest_filter=" + TestName();
  for (const std::string& flag : flags) {
    direct += " " + flag;
    bazel += " --test_arg=" + flag;
  }
  if (target == nullptr) return {direct};
  return {direct, bazel};
}

constexpr internal::TestFramework kGoogleTest = {&WithExpectations, &NextName,
                                                 &Commands};

// Linking this file is what makes expectations count.
const bool registered = [] {
  internal::test_framework = &kGoogleTest;
  return true;
}();

class NeverFailedMatcher {
 public:
  using is_gtest_matcher = void;

  bool MatchAndExplain(const ExploreReport& report, std::ostream*) const {
    return report.never_failed();
  }
  void DescribeTo(std::ostream* out) const { *out << "never failed"; }
  void DescribeNegationTo(std::ostream* out) const { *out << "failed"; }
};

class FailedMatcher {
 public:
  using is_gtest_matcher = void;

  explicit FailedMatcher(std::string signature)
      : signature_(std::move(signature)) {}

  bool MatchAndExplain(const ExploreReport& report, std::ostream*) const {
    for (const ShrunkFinding& finding : report.findings) {
      if (finding.shrunk.outcome.signature().ToString() == signature_) {
        return true;
      }
    }
    return false;
  }
  void DescribeTo(std::ostream* out) const {
    *out << "failed with " << signature_;
  }
  void DescribeNegationTo(std::ostream* out) const {
    *out << "did not fail with " << signature_;
  }

 private:
  std::string signature_;
};

}  // namespace

testing::Matcher<const ExploreReport&> NeverFailed() {
  (void)registered;
  return NeverFailedMatcher();
}

testing::Matcher<const ExploreReport&> Failed(std::string signature) {
  return FailedMatcher(std::move(signature));
}

void PrintTo(const ExploreReport& report, std::ostream* out) {
  *out << report.ToString();
}

}  // namespace rondo
