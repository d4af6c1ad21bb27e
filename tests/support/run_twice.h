// Running a scenario with its trace, and holding it to its word: the same
// seed is the same run, byte for byte.
#ifndef RONDO_TESTS_SUPPORT_RUN_TWICE_H_
#define RONDO_TESTS_SUPPORT_RUN_TWICE_H_

#include <string>
#include <vector>

#include "rondo/replay/trace.h"
#include "rondo/simnet/scenario.h"

namespace rondo {

struct RecordedRun {
  RunOutcome outcome;
  std::string text;  // Of the trace.
  Trace trace;

  // What the program put out with Simulation::Output.
  std::vector<std::string> outputs() const;
};

// Runs it once and records everything. The trace is read back from its text
// and verified; what is wrong with it fails the test.
RecordedRun RecordRun(const Scenario& scenario, ExecuteOptions options = {});

// The same as `scheduler` decides.
RecordedRun RecordRun(const Scenario& scenario, ExecuteOptions options,
                      Scheduler& scheduler);

// RecordRun, twice: a difference fails the test. `scenario` owns all its state.
RecordedRun RunTwice(const Scenario& scenario,
                     const ExecuteOptions& options = {});

// `text` without its first line, which names the build.
std::string WithoutHeader(const std::string& text);

// The first line in which two texts differ, of each; empty if they are equal.
std::string FirstDifference(const std::string& a, const std::string& b);

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_RUN_TWICE_H_
