// Prints the table of README.md: how well each way of running finds each bug.
//
//   bazel run -c opt //tests/bugs:detection_table
//
// The same numbers on every machine: nothing here depends on time.

#include <cstdint>
#include <iostream>
#include <string>

#include "rondo/replay/rerun.h"
#include "rondo/replay/scheduler.h"
#include "rondo/simnet/scenario_registry.h"
#include "rondo/tests/bugs/bugs.h"
#include "rondo/tests/bugs/search.h"

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
  rondo::SearchSummary search;
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
  rondo::Explored(counting,
                  {.schedules = kSchedules,
                   .strategy = strategy,
                   .adversarial = mode == rondo::LegalityMode::kAdversarial});
  return failed;
}

Row Measure(const Bug& bug) {
  Row row;
  const rondo::Scenario& buggy = ScenarioOf(bug.name);
  const RunOnce run_once = rondo::MakeRunOnce(buggy, {});
  row.fifo = FifoRate(buggy);
  row.search = rondo::Search(run_once, kSeedsOfSearches,
                             {.schedules = kSchedules, .adversarial = true});
  const auto rate = [&](const std::string& strategy) {
    return static_cast<double>(Failures(run_once, strategy, row.search.mode)) /
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
  std::cout << "| " << bug.name << " | " << Percent(row.fifo) << " | "
            << Percent(row.random_walk) << " | " << Percent(row.portfolio)
            << " | " << row.search.median() << " | " << row.search.Left()
            << " | " << rondo::LegalityModeName(row.search.mode) << " | "
            << row.alarms << " |\n";
}

}  // namespace

int main() {
  std::cout << "| bug | FIFO | random walk | portfolio | median schedules to "
               "first hit | decisions left | mode | alarms on the twin |\n"
            << "|---|---|---|---|---|---|---|---|\n";
  for (const Bug& bug : rondo::kBugs) Print(bug, Measure(bug));
  return 0;
}
