// Explains how two traces differ: where first, in what, of which class, why.
//
//   rondo::TraceDiff diff = rondo::Diff(a, b);
//   if (diff.differs()) std::cout << rondo::DiffText(diff, options);
//
// The first record that differs names an iteration; within it the causes are
// looked for in this order, and the first that is found is the class:
//
//   header     another scenario, or other loop semantics
//   structure  one run ended where the other went on, or otherwise
//   input      the outside world was different
//   choice     a decision was taken differently
//   output     the program put out something else, and only that
//   leak       same inputs, same choices, and yet another run: the program
//              depends on something that is neither
//
// What comes after the first difference is aligned by identity (align.h).
// Numbers `g`, places and the build are not compared; traces of different
// levels are compared in what both of them hold.
//
// Thread-safety: free functions on values.
#ifndef RONDO_REPLAY_DIFF_H_
#define RONDO_REPLAY_DIFF_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rondo/replay/diff_items.h"
#include "rondo/replay/trace.h"
#include "rondo/replay/trace_compare.h"

namespace rondo {

// Where the runs part.
struct DiffPlace {
  std::string host;
  std::int64_t boot = 0;
  std::int64_t n = 0;
  std::optional<std::int64_t> t;  // If the record has a time.
  std::size_t line_a = 0;         // 0: that trace has ended.
  std::size_t line_b = 0;
};

// A handle that ran, on the way from a cause to its effect.
struct CauseStep {
  Identity handle = 0;
  std::string name;
  std::string host;
  std::int64_t n = 0;
  std::int64_t t = 0;
  bool before = false;  // It ran before the runs parted.
};

// One of the two traces, in a line.
struct DiffSide {
  std::string mode;
  std::uint64_t seed = 0;
  std::int64_t iterations = 0;
  std::string end;  // "exit", "fail lost-write", "cut short".
};

struct TraceDiff {
  DiffClass diff_class = DiffClass::kEqual;
  DiffSide a, b;
  std::vector<DiffDetail> header;  // Fields that differ and may: build, seed.
  std::optional<DiffPlace> place;  // No value when equal.
  std::vector<DiffDetail> details;
  std::string lanes;  // Digest lanes that differ there: "ready, io".
  std::int64_t same_iterations = 0;
  std::size_t same_records = 0;
  std::uint64_t same_chain = 0;  // The chain digest up to there.
  // From the first handle that differs back to what began it, oldest first.
  std::vector<CauseStep> cause_a, cause_b;
  // From where the runs parted to the last handle before the end, of a run
  // that ends differently from the other, and badly.
  std::vector<CauseStep> effect_a, effect_b;
  DiffCounts counts;
  std::vector<DiffItem> items;  // Not the same, at most DiffOptions::limit.

  bool differs() const { return diff_class != DiffClass::kEqual; }
};

struct DiffOptions {
  std::size_t limit = 20;
};

TraceDiff Diff(const Trace& a, const Trace& b, DiffOptions options = {});

}  // namespace rondo

#endif  // RONDO_REPLAY_DIFF_H_
