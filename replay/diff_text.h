// A difference as text for people, and as JSON for machines.
//
//   A  ok.jsonl   sim, 40 iterations, exit
//   B  bad.jsonl  sim, 38 iterations, fail lost-write
//   class: choice
//   first difference: host n1, iteration 7, t=+1.204000000 s, lanes: ready
//     6 iterations before it are the same, chain 7be1…
//     choice  A  picked wakeup:T1 over timer:sleep (ready)
//             B  picked timer:sleep, the first (ready)
//   …
//
// Thread-safety: free functions.
#ifndef RONDO_REPLAY_DIFF_TEXT_H_
#define RONDO_REPLAY_DIFF_TEXT_H_

#include <string>

#include "nlohmann/json.hpp"
#include "rondo/replay/diff.h"

namespace rondo {

// What the two traces are called.
struct DiffNames {
  std::string path_a;  // Empty: no file.
  std::string path_b;
  std::string a = "A";
  std::string b = "B";

  // Of a recording and its replay: "recorded" and "replayed".
  static DiffNames OfReplay() {
    return {.path_a = "", .path_b = "", .a = "recorded", .b = "replayed"};
  }
};

// Ends with an end of line.
std::string DiffText(const TraceDiff& diff, const DiffNames& names);

// {"class":"choice","a":{…},"b":{…},"place":{…},"details":[…],…}: the keys
// are the members of TraceDiff.
nlohmann::ordered_json DiffJson(const TraceDiff& diff, const DiffNames& names);

}  // namespace rondo

#endif  // RONDO_REPLAY_DIFF_TEXT_H_
