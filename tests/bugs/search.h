// Searches for a bug, each with a seed of its own, and what they have found.
#ifndef RONDO_TESTS_BUGS_SEARCH_H_
#define RONDO_TESTS_BUGS_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "rondo/replay/explorer.h"
#include "rondo/replay/rerun.h"
#include "rondo/replay/scheduler.h"

namespace rondo {

// Null if there is no scenario of this name.
RunOnce RunnerOf(std::string_view name);

// Throws if the options are wrong.
ExploreResult Explored(const RunOnce& run_once, ExploreOptions options);

struct SearchSummary {
  // How many schedules each search took to its first failure, ascending; one
  // that found nothing counts with all that it made.
  std::vector<std::uint64_t> schedules;
  std::uint64_t in_vain = 0;  // Searches that found nothing.
  std::set<std::string> signatures;
  // Decisions that shrinking left.
  std::size_t least_left = 0;
  std::size_t most_left = 0;
  // In which all of them were found.
  LegalityMode mode = LegalityMode::kContract;

  std::uint64_t median() const { return schedules[schedules.size() / 2]; }
  std::uint64_t worst() const { return schedules.back(); }
  // "1", "2–5".
  std::string Left() const;
};

// Searches with the seeds from 1 to `seeds`; those of `options` do not count.
// REQUIRES: seeds > 0.
SearchSummary Search(const RunOnce& run_once, std::uint64_t seeds,
                     const ExploreOptions& options);

}  // namespace rondo

#endif  // RONDO_TESTS_BUGS_SEARCH_H_
