// Strategies by name, for flags and tokens.
#ifndef RONDO_REPLAY_MAKE_STRATEGY_H_
#define RONDO_REPLAY_MAKE_STRATEGY_H_

#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "rondo/replay/strategy.h"

namespace rondo {

// "fifo", "lifo", "random_walk", "random_deviation", "random_priority", "pct",
// "starvation", "sweep", "portfolio".
std::vector<std::string_view> StrategyNames();

// Returns the strategy with its default options; InvalidArgument, naming all
// of them, if there is none of this name.
absl::StatusOr<std::unique_ptr<Strategy>> MakeStrategy(std::string_view name);

}  // namespace rondo

#endif  // RONDO_REPLAY_MAKE_STRATEGY_H_
