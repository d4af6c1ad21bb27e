// What a program is told about its explorations from outside: by the
// environment, or by flags of its command line, which come first.
//
//   RONDO_SEED=7 ./quorum_test
//   ./quorum_test --rondo_seed=7
//
//   seed, schedules, strategy  In place of the test's own.
//   time_limit         Each exploration stops after so long: 30, 1.5s, 2m.
//   check_determinism  Each run is made twice, and must be the same run.
//   replay             A token or a trace: only that run is made.
//   other_build        Also a token of another build.
//   record             A directory, for traces of what was found.
//
// The flags are read where the system keeps them, so whose main() it is does
// not matter. They are written `--rondo_name=value`; one that is true or false
// may be `--rondo_name`. An empty variable counts as none.
#ifndef RONDO_SIMNET_EXPLORE_SETTINGS_H_
#define RONDO_SIMNET_EXPLORE_SETTINGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rondo/runtime/clock.h"

namespace rondo {

struct ExploreSettings {
  std::optional<std::uint64_t> seed = std::nullopt;
  std::optional<std::uint64_t> schedules = std::nullopt;
  std::string strategy = {};
  std::optional<Nanoseconds> time_limit = std::nullopt;
  bool check_determinism = false;
  std::string replay = {};
  bool other_build = false;
  std::string record = {};
};

// As they are now. InvalidArgument names the variable or the flag, and says
// what is wrong with it.
absl::StatusOr<ExploreSettings> ReadExploreSettings();

// The same with these words for the command line's.
absl::StatusOr<ExploreSettings> ReadExploreSettings(
    const std::vector<std::string>& words);

// The command line of this process, the program's name first.
std::vector<std::string> CommandLineWords();

}  // namespace rondo

#endif  // RONDO_SIMNET_EXPLORE_SETTINGS_H_
