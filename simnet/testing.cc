#include "rondo/simnet/testing.h"

#include <string>
#include <utility>

#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"
#include "rondo/runtime/source_place.h"

namespace rondo {
namespace {

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

// Linking this file is what makes expectations count.
const bool registered = [] {
  internal::scenario_wrapper = &WithExpectations;
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
