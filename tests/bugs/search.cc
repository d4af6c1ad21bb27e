#include "rondo/tests/bugs/search.h"

#include <algorithm>
#include <utility>

#include "rondo/replay/shrink.h"
#include "rondo/simnet/scenario_registry.h"

namespace rondo {

RunOnce RunnerOf(std::string_view name) {
  const RegisteredScenario* const scenario = FindScenario(name);
  if (scenario == nullptr) return nullptr;
  ExecuteOptions options;
  options.name = name;
  return MakeRunOnce(scenario->scenario, options);
}

ExploreResult Explored(const RunOnce& run_once, ExploreOptions options) {
  return Explorer(run_once, std::move(options)).Run().value();
}

std::string SearchSummary::Left() const {
  const std::string least = std::to_string(least_left);
  if (least_left == most_left) return least;
  return least + "–" + std::to_string(most_left);
}

SearchSummary Search(const RunOnce& run_once, std::uint64_t seeds,
                     const ExploreOptions& options) {
  SearchSummary summary;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    ExploreOptions with_seed = options;
    with_seed.seed = seed;
    const ExploreResult result = Explored(run_once, with_seed);
    summary.schedules.push_back(result.schedules);
    if (result.findings.empty()) {
      ++summary.in_vain;
      continue;
    }
    const Finding& finding = result.findings.front();
    const ShrinkResult shrunk = Shrink(run_once, finding.tape, finding.mode,
                                       finding.outcome.signature());
    const std::size_t left = shrunk.tape.size();
    summary.least_left =
        summary.signatures.empty() ? left : std::min(summary.least_left, left);
    summary.most_left = std::max(summary.most_left, left);
    summary.mode = std::max(summary.mode, shrunk.mode);
    summary.signatures.insert(finding.outcome.signature().ToString());
  }
  std::ranges::sort(summary.schedules);
  return summary;
}

}  // namespace rondo
