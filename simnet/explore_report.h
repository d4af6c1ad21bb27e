// What an exploration found, for people and for programs.
#ifndef RONDO_SIMNET_EXPLORE_REPORT_H_
#define RONDO_SIMNET_EXPLORE_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "rondo/replay/explorer.h"
#include "rondo/replay/shrink.h"
#include "rondo/runtime/clock.h"

namespace rondo {

// A failure, and the smallest form of it.
struct ShrunkFinding {
  Finding found;
  ShrinkResult shrunk;         // What was found, if it was not shrunk.
  bool shrinking = false;      // It was at least tried.
  std::string token;           // Of the shrunk run.
  std::string decisions;       // What is on its tape, a line each.
  std::string nondeterminism;  // How two runs of one tape differ; else empty.
  // Files that have been written.
  std::vector<std::string> traces;
  // Command lines that show it again.
  std::vector<std::string> commands;
};

struct ExploreReport {
  std::uint64_t schedules = 0;  // Made.
  std::uint64_t distinct = 0;
  std::uint64_t seed = 0;
  ExploreEnd end = ExploreEnd::kSchedules;
  bool replay = false;  // It was one run, made again.
  std::vector<ShrunkFinding> findings;
  std::string error;  // Something was wrong with what was asked for.

  bool never_failed() const { return findings.empty() && error.empty(); }
  // What failed, why, and how to see it again; whole lines.
  std::string ToString() const;
};

// What came of shrinking a tape of so many decisions: "12 decisions; 2
// matter:".
std::string DescribeShrinking(std::size_t decisions,
                              const ShrinkResult& shrunk);

}  // namespace rondo

#endif  // RONDO_SIMNET_EXPLORE_REPORT_H_
