#include "rondo/tests/simnet/golden_replay.h"

#include <algorithm>
#include <vector>

#include "rondo/replay/diff_text.h"
#include "rondo/replay/replayer.h"
#include "rondo/replay/tape_strategy.h"
#include "rondo/tests/simnet/golden_scenarios.h"

namespace rondo {

std::string ReplayGolden(const Trace& recorded) {
  const TraceHeader& header = recorded.header;
  const std::vector<GoldenScenario> all = GoldenScenarios();
  const auto golden =
      std::ranges::find(all, header.scenario, &GoldenScenario::name);
  if (golden == all.end()) return "there is no scenario " + header.scenario;
  ReplayCheck check(recorded);
  ExecuteOptions options;
  options.simulation.seed = header.seed;
  options.name = header.scenario;
  options.sink = &check;
  options.level = header.level;
  options.fifo = header.order == TraceOrder::kFifo;
  options.stop = [&check] { return check.diverged(); };
  TapeStrategy strategy(TapeOf(recorded));
  Scheduler scheduler(&strategy, LegalityMode::kContract);
  scheduler.Begin({});
  Execute(golden->scenario, options, scheduler);
  return check.complete() ? std::string()
                          : DiffText(check.Explain(), DiffNames::OfReplay());
}

}  // namespace rondo
