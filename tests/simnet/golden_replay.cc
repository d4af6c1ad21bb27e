#include "rondo/tests/simnet/golden_replay.h"

#include <algorithm>
#include <vector>

#include "rondo/replay/diff_text.h"
#include "rondo/simnet/scenario_trace.h"
#include "rondo/tests/simnet/golden_scenarios.h"

namespace rondo {

std::string ReplayGolden(const Trace& recorded) {
  const std::string& name = recorded.header.scenario;
  const std::vector<GoldenScenario> all = GoldenScenarios();
  const auto golden = std::ranges::find(all, name, &GoldenScenario::name);
  if (golden == all.end()) return "there is no scenario " + name;
  const ReplayResult replay = ReplayTrace(golden->scenario, {}, recorded);
  if (!replay.difference.has_value()) return "";
  return DiffText(*replay.difference, DiffNames::OfReplay());
}

}  // namespace rondo
