#include "rondo/replay/make_strategy.h"

#include <string>

#include "absl/status/status.h"
#include "rondo/replay/deviation_sweep_strategy.h"
#include "rondo/replay/fifo_strategy.h"
#include "rondo/replay/lifo_strategy.h"
#include "rondo/replay/pct_strategy.h"
#include "rondo/replay/portfolio_strategy.h"
#include "rondo/replay/random_deviation_strategy.h"
#include "rondo/replay/random_priority_strategy.h"
#include "rondo/replay/random_walk_strategy.h"
#include "rondo/replay/starvation_strategy.h"

namespace rondo {
namespace {

template <typename S>
std::unique_ptr<Strategy> Make() {
  return std::make_unique<S>();
}

struct Entry {
  std::string_view name;
  std::unique_ptr<Strategy> (*make)();
};

constexpr Entry kStrategies[] = {
    {"fifo", Make<FifoStrategy>},
    {"lifo", Make<LifoStrategy>},
    {"random_walk", Make<RandomWalkStrategy>},
    {"random_deviation", Make<RandomDeviationStrategy>},
    {"random_priority", Make<RandomPriorityStrategy>},
    {"pct", Make<PctStrategy>},
    {"starvation", Make<StarvationStrategy>},
    {"sweep", Make<DeviationSweepStrategy>},
    {"portfolio", Make<PortfolioStrategy>},
};

}  // namespace

std::vector<std::string_view> StrategyNames() {
  std::vector<std::string_view> names;
  for (const Entry& entry : kStrategies) names.push_back(entry.name);
  return names;
}

absl::StatusOr<std::unique_ptr<Strategy>> MakeStrategy(std::string_view name) {
  std::string known;
  for (const Entry& entry : kStrategies) {
    if (entry.name == name) return entry.make();
    known.append(known.empty() ? "" : ", ").append(entry.name);
  }
  return absl::InvalidArgumentError("no strategy is called \"" +
                                    std::string(name) + "\"; there are " +
                                    known);
}

}  // namespace rondo
