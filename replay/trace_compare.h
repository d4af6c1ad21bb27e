// Finds the first record in which two traces differ, and says of what class
// the difference is. diff.h makes the whole explanation of it, and says what
// the classes mean.
//
// Thread-safety: free functions on values.
#ifndef RONDO_REPLAY_TRACE_COMPARE_H_
#define RONDO_REPLAY_TRACE_COMPARE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rondo/replay/trace.h"
#include "rondo/replay/trace_names.h"

namespace rondo {

enum class DiffClass : std::uint8_t {
  kEqual,
  kHeader,
  kStructure,
  kInput,
  kChoice,
  kOutput,
  kLeak,
};

// "equal", "header", …
std::string_view DiffClassName(DiffClass diff_class);

// One thing that is not the same: in `a` this, in `b` that.
struct DiffDetail {
  std::string field;  // "choice", "run[2]", "io", "build.cc".
  std::string a;
  std::string b;
  bool operator==(const DiffDetail&) const = default;
};

// Whether a record says that something happened: names and places only say
// what a thing is called, and come when it is first spoken of.
bool IsCompared(const Record& record);

// The records of a trace that take part in a comparison, as indices.
std::vector<std::size_t> Comparable(const Trace& trace, bool same_level);

// Whether the records are the same but for what is not compared.
bool SameRecord(const Record& a, const Record& b);

// Two traces and the place where they part: `at` is an index into both lists.
struct Parting {
  const Trace& a;
  const Trace& b;
  std::vector<std::size_t> list_a;
  std::vector<std::size_t> list_b;
  std::size_t at = 0;

  Parting(const Trace& first, const Trace& second);
  bool equal() const { return at == list_a.size() && at == list_b.size(); }
  // The record at `at`, null where that trace has ended.
  const Record* record_a() const;
  const Record* record_b() const;
};

// What is found at a parting.
struct PartingCause {
  DiffClass diff_class = DiffClass::kLeak;
  std::vector<DiffDetail> details;
  std::string lanes;
  Identity handle_a = 0;  // The first handles that differ, if they do.
  Identity handle_b = 0;
};

// REQUIRES: !parting.equal().
PartingCause Classify(const Parting& parting, const TraceNames& names_a,
                      const TraceNames& names_b);

// Differences of the headers: those that matter, and those that may be.
std::vector<DiffDetail> HeaderFaults(const TraceHeader& a,
                                     const TraceHeader& b);
std::vector<DiffDetail> HeaderNotes(const TraceHeader& a, const TraceHeader& b);

}  // namespace rondo

#endif  // RONDO_REPLAY_TRACE_COMPARE_H_
