// What the commands of a scenario program have in common.
#ifndef RONDO_TOOLS_SCENARIO_RUNS_H_
#define RONDO_TOOLS_SCENARIO_RUNS_H_

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"
#include "rondo/replay/outcome.h"
#include "rondo/replay/replayer.h"
#include "rondo/replay/tape.h"
#include "rondo/replay/trace.h"
#include "rondo/simnet/scenario_registry.h"

namespace rondo {

// The scenario of that name; the only one, if `name` is empty. InvalidArgument
// names all there are.
absl::StatusOr<const RegisteredScenario*> ChooseScenario(
    const std::string& name);

// A recording of a scenario of this program.
struct Recording {
  Trace trace;
  const RegisteredScenario* scenario = nullptr;
  Tape tape;

  LegalityMode mode() const { return LegalityModeOf(trace.header); }
};
// DataLoss: it was cut short, and that is not allowed.
absl::StatusOr<Recording> ReadRecording(const std::string& path,
                                        bool allow_truncated = false);

// How to execute the scenario; `sink` may be null.
ExecuteOptions OptionsFor(const RegisteredScenario& scenario,
                          std::uint64_t seed, TraceSink* sink, int level);

// "ResponseOffByOne: fail: wrong value (212 iterations, 1.5 s)".
std::string OutcomeLine(std::string_view scenario, const RunOutcome& outcome);
nlohmann::ordered_json OutcomeJson(std::string_view scenario,
                                   const RunOutcome& outcome);

// The lines of a text, as JSON.
nlohmann::ordered_json Lines(const std::string& text);

// 0 for a pass, 1 for a failure, 4 for nondeterminism.
int ExitCodeOf(const RunOutcome& outcome);

// The names of all strategies, for flags.
std::vector<std::string> AllStrategies();

// Tells `status` to `err`, after the name of the command; returns the code.
int Complain(std::ostream& err, std::string_view command,
             const absl::Status& status);

// How far something is that takes more than a second, on standard error: one
// line that is rewritten if that is a terminal; otherwise one after 2, 4, 8,
// ... seconds.
class ProgressLine {
 public:
  ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  // Erases the line of a terminal.
  ~ProgressLine();

  // Whether it is time for another line; asking is cheap.
  bool due();
  void Show(const std::string& text);

  // Seconds of real time since it was made.
  double elapsed() const;

 private:
  bool terminal_;
  bool shown_ = false;
  std::uint64_t asked_ = 0;
  double next_;
  std::int64_t start_;
};

// `word` as it may stand in a shell command.
std::string ShellWord(const std::string& word);

}  // namespace rondo

#endif  // RONDO_TOOLS_SCENARIO_RUNS_H_
