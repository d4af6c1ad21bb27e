// From what an explorer has found to a report: shrinks, names, explains,
// records.
#ifndef RONDO_SIMNET_REPORT_FINDINGS_H_
#define RONDO_SIMNET_REPORT_FINDINGS_H_

#include <string>

#include "absl/status/status.h"
#include "rondo/replay/explorer.h"
#include "rondo/replay/shrink.h"
#include "rondo/simnet/explore_report.h"
#include "rondo/simnet/scenario.h"

namespace rondo {

// Each finding shrunk and with the names of its decisions; without shrinking,
// if `shrink` allows for no replays. `execute` and `explore` are what it was
// found with.
ExploreReport ReportFindings(const Scenario& scenario,
                             const ExecuteOptions& execute,
                             const ExploreOptions& explore,
                             const ExploreResult& result,
                             const ShrinkOptions& shrink = {});

// Writes the traces of each finding into `directory`, which is made if it is
// not there: NAME.failed.jsonl, as it was found; NAME.shrunk.jsonl; and
// NAME.passed.jsonl, the nearest run that passes. NAME is execute.name, from
// the second finding on with its number.
absl::Status RecordFindings(const Scenario& scenario,
                            const ExecuteOptions& execute,
                            const std::string& directory,
                            ExploreReport* report);

// The path of a trace there: DIRECTORY/NAME.WHAT.jsonl.
std::string TracePath(const std::string& directory, const std::string& name,
                      const std::string& what);

// Makes `directory` if it is not there.
absl::Status MakeDirectory(const std::string& directory);

}  // namespace rondo

#endif  // RONDO_SIMNET_REPORT_FINDINGS_H_
