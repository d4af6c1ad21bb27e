#include "rondo/tests/bugs/history_row.h"

#include "rondo/replay/rerun.h"
#include "rondo/replay/tape.h"

namespace rondo {

HistoryRow MeasureHistory(const HistoricalBug& bug) {
  const RunOnce run_once = RunnerOf(bug.name);
  HistoryRow row;
  row.fifo =
      !RerunTape(run_once, Tape(), LegalityMode::kContract).outcome.passed();
  row.search =
      Search(run_once, kHistorySeeds, {.schedules = kHistorySchedules});
  return row;
}

std::string HistoryHeading() {
  return "| report | primitive | scenario | what goes wrong | FIFO | median | "
         "worst | decisions |\n|---|---|---|---|---|---|---|---|\n";
}

std::string FormatHistory(const HistoricalBug& bug, const HistoryRow& row) {
  std::string line;
  for (const std::string& cell :
       {std::string(bug.report), std::string(bug.primitive),
        std::string(bug.name), std::string(bug.wrong),
        std::string(row.fifo ? "yes" : "no"),
        std::to_string(row.search.median()), std::to_string(row.search.worst()),
        row.search.Left()}) {
    line += "| " + cell + " ";
  }
  return line + "|\n";
}

}  // namespace rondo
