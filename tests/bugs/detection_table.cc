// Prints the table of README.md: how well each way of running finds each bug.
//
//   bazel run -c opt //tests/bugs:detection_table
//
// The same numbers on every machine: nothing here depends on time.

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "rondo/replay/explorer.h"
#include "rondo/replay/scheduler.h"
#include "rondo/replay/shrink.h"
#include "rondo/simnet/scenario_registry.h"
#include "rondo/tests/bugs/bugs.h"

namespace {

using rondo::Bug;
using rondo::RunOnce;

constexpr std::uint64_t kSeeds = 1000;
constexpr std::uint64_t kSchedules = 1000;
constexpr std::uint64_t kSeedsOfSearches = 101;

struct Row {
  double fifo = 0;
  double random_walk = 0;
  double portfolio = 0;
  std::uint64_t median = 0;
  std::size_t least_left = 0;
  std::size_t most_left = 0;
  rondo::LegalityMode mode = rondo::LegalityMode::kContract;
  std::uint64_t alarms = 0;
};

const rondo::Scenario& ScenarioOf(const std::string& name) {
  return rondo::FindScenario(name)->scenario;
}

// The loop's own order, latencies from the seed: how often it fails.
double FifoRate(const rondo::Scenario& scenario) {
  std::uint64_t failed = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    rondo::ExecuteOptions options;
    options.simulation.seed = seed;
    if (!rondo::Execute(scenario, options).passed()) ++failed;
  }
  return static_cast<double>(failed) / kSeeds;
}

rondo::ExploreResult Explored(const RunOnce& run_once,
                              rondo::ExploreOptions options) {
  return *rondo::Explorer(run_once, std::move(options)).Run();
}

// How many of the strategy's runs fail.
std::uint64_t Failures(const RunOnce& run_once, const std::string& strategy,
                       rondo::LegalityMode mode) {
  std::uint64_t failed = 0;
  const RunOnce counting = [&](rondo::Scheduler& scheduler) {
    rondo::RunOutcome outcome = run_once(scheduler);
    if (scheduler.mode() == mode && !outcome.passed()) ++failed;
    outcome.kind = rondo::RunKind::kPass;  // So that nothing is run again.
    return outcome;
  };
  Explored(counting,
           {.schedules = kSchedules,
            .strategy = strategy,
            .adversarial = mode == rondo::LegalityMode::kAdversarial});
  return failed;
}

// The first finding of each of many searches.
void Search(const RunOnce& run_once, Row* row) {
  std::vector<std::uint64_t> hits;
  for (std::uint64_t seed = 1; seed <= kSeedsOfSearches; ++seed) {
    const rondo::ExploreResult result = Explored(
        run_once, {.schedules = kSchedules, .seed = seed, .adversarial = true});
    if (result.findings.empty()) {
      hits.push_back(2 * kSchedules);
      continue;
    }
    const rondo::Finding& finding = result.findings.front();
    hits.push_back(result.schedules);
    const rondo::ShrinkResult shrunk = rondo::Shrink(
        run_once, finding.tape, finding.mode, finding.outcome.signature());
    const std::size_t left = shrunk.tape.size();
    row->most_left = std::max(row->most_left, left);
    row->least_left = seed == 1 ? left : std::min(row->least_left, left);
    row->mode = std::max(row->mode, shrunk.mode);
  }
  std::ranges::sort(hits);
  row->median = hits[hits.size() / 2];
}

Row Measure(const Bug& bug) {
  Row row;
  const rondo::Scenario& buggy = ScenarioOf(bug.name);
  const RunOnce run_once = rondo::MakeRunOnce(buggy, {});
  row.fifo = FifoRate(buggy);
  Search(run_once, &row);
  const auto rate = [&](const std::string& strategy) {
    return static_cast<double>(Failures(run_once, strategy, row.mode)) /
           kSchedules;
  };
  row.random_walk = rate("random_walk");
  row.portfolio = rate("portfolio");
  const rondo::Scenario& fixed = ScenarioOf(bug.fixed());
  const RunOnce fixed_once = rondo::MakeRunOnce(fixed, {});
  row.alarms = static_cast<std::uint64_t>(FifoRate(fixed) * kSeeds);
  for (const char* strategy : {"random_walk", "portfolio"}) {
    for (const rondo::LegalityMode mode :
         {rondo::LegalityMode::kContract, rondo::LegalityMode::kAdversarial}) {
      row.alarms += Failures(fixed_once, strategy, mode);
    }
  }
  return row;
}

std::string Percent(double rate) {
  const auto tenths = static_cast<std::uint64_t>(rate * 1000 + 0.5);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

void Print(const Bug& bug, const Row& row) {
  std::string left = std::to_string(row.least_left);
  if (row.most_left != row.least_left) {
    left += "–" + std::to_string(row.most_left);
  }
  std::cout << "| " << bug.name << " | " << Percent(row.fifo) << " | "
            << Percent(row.random_walk) << " | " << Percent(row.portfolio)
            << " | " << row.median << " | " << left << " | "
            << rondo::LegalityModeName(row.mode) << " | " << row.alarms
            << " |\n";
}

}  // namespace

int main() {
  std::cout << "| bug | FIFO | random walk | portfolio | median schedules to "
               "first hit | decisions left | mode | alarms on the twin |\n"
            << "|---|---|---|---|---|---|---|---|\n";
  for (const Bug& bug : rondo::kBugs) Print(bug, Measure(bug));
  return 0;
}
