// Prints the table of README.md, which history_test compares with it.
//
//   bazel run -c opt //tests/bugs:history_table

#include <iostream>

#include "rondo/tests/bugs/history.h"
#include "rondo/tests/bugs/history_row.h"

int main() {
  std::cout << rondo::HistoryHeading();
  for (const rondo::HistoricalBug& bug : rondo::kHistory) {
    std::cout << rondo::FormatHistory(bug, rondo::MeasureHistory(bug))
              << std::flush;
  }
  return 0;
}
