// The table of README.md, a row for each bug.
//
// The same numbers on every machine: nothing here depends on time.
#ifndef RONDO_TESTS_BUGS_HISTORY_ROW_H_
#define RONDO_TESTS_BUGS_HISTORY_ROW_H_

#include <cstdint>
#include <string>

#include "rondo/tests/bugs/history.h"
#include "rondo/tests/bugs/search.h"

namespace rondo {

inline constexpr std::uint64_t kHistorySeeds = 20;
inline constexpr std::uint64_t kHistorySchedules = 1000;

struct HistoryRow {
  bool fifo = false;     // The plain run fails: FIFO, least delays.
  SearchSummary search;  // Of the portfolio, in contract mode.
};

// Searches for `bug`.
HistoryRow MeasureHistory(const HistoricalBug& bug);

// Lines of a table in Markdown.
std::string HistoryHeading();
std::string FormatHistory(const HistoricalBug& bug, const HistoryRow& row);

}  // namespace rondo

#endif  // RONDO_TESTS_BUGS_HISTORY_ROW_H_
