// What two traces hold after they have parted, laid side by side: the second
// half of diff.h.
#ifndef RONDO_REPLAY_DIFF_ITEMS_H_
#define RONDO_REPLAY_DIFF_ITEMS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "rondo/replay/align.h"
#include "rondo/replay/trace_compare.h"
#include "rondo/replay/trace_names.h"

namespace rondo {

// One thing after the alignment.
struct DiffItem {
  AlignStatus status = AlignStatus::kSame;
  std::string kind;  // "run", "choice", "input", "output", "event",
                     // "iteration".
  std::string host;
  std::string text;  // "wakeup:T1"; for a change, "5 -> 7".
  std::size_t line_a = 0;
  std::size_t line_b = 0;
};

struct DiffCounts {
  std::size_t same = 0;
  std::size_t moved = 0;
  std::size_t changed = 0;
  std::size_t only_a = 0;
  std::size_t only_b = 0;
  // Of those that are not the same:
  std::size_t choices = 0;
  std::size_t inputs = 0;
};

// Counts everything from the parting on; describes the first `limit` that are
// not the same.
void AlignRest(const Parting& parting, const TraceNames& names_a,
               const TraceNames& names_b, std::size_t limit, DiffCounts* counts,
               std::vector<DiffItem>* items);

// "same", "changed", "moved", "only A", "only B".
std::string_view AlignStatusName(AlignStatus status);

}  // namespace rondo

#endif  // RONDO_REPLAY_DIFF_ITEMS_H_
