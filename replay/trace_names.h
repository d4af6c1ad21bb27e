// What the identities of a trace are called, for people.
//
// Thread-safety: none.
#ifndef RONDO_REPLAY_TRACE_NAMES_H_
#define RONDO_REPLAY_TRACE_NAMES_H_

#include <cstdint>
#include <map>
#include <string>

#include "rondo/replay/trace.h"

namespace rondo {

class TraceNames {
 public:
  TraceNames() = default;
  explicit TraceNames(const Trace& trace);

  // Learns what the record names: paths, resources, labels of handles.
  void Add(const Record& record);

  // "main/worker#2", "tcp n1>n2:80#1", "wakeup:T1"; unnamed: its digits;
  // zero: "none".
  std::string Of(Identity id) const;
  // The name, and its place in the source if that is known:
  // "wakeup:T1 @echo.cc:41".
  std::string WithPlace(Identity id) const;

 private:
  std::map<Identity, std::string> names_;
  std::map<Identity, std::string> places_;
};

// "+1.204000000 s".
std::string TimeText(std::int64_t ns);
// "none", or as TimeText without the sign.
std::string TimeoutText(std::int64_t ns);
// "read", "write", "read+write", or the number.
std::string MaskText(unsigned mask);
// A text in quotes, escaped, and cut after `longest` bytes.
std::string Quoted(const std::string& text, std::size_t longest = 60);

}  // namespace rondo

#endif  // RONDO_REPLAY_TRACE_NAMES_H_
