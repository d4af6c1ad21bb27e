// The main of a scenario program: link it with files that have RONDO_SCENARIO.
//
//   PROGRAM list | run | replay | explore | shrink | check
#include <filesystem>
#include <string>

#include "rondo/replay/build_info.h"
#include "rondo/tools/command_line.h"
#include "rondo/tools/determinism_check.h"
#include "rondo/tools/scenario_commands.h"
#include "rondo/tools/scenario_runs.h"

int main(int argc, char** argv) {
  rondo::ApplyHostileEnvironment();
  const std::string path = argc > 0 ? argv[0] : "scenarios";
  const std::string command = rondo::ShellWord(path);
  rondo::CommandLine program(std::filesystem::path(path).filename().string(),
                             "runs, explores, shrinks and replays scenarios.");
  const rondo::TraceBuild& build = rondo::CurrentBuild();
  program.SetVersion("built by " + build.cc + " for " + build.arch +
                     ", build id " + build.id);
  program.Add(rondo::NewListCommand());
  program.Add(rondo::NewRunCommand());
  program.Add(rondo::NewReplayCommand());
  program.Add(rondo::NewExploreCommand(command));
  program.Add(rondo::NewShrinkCommand(command));
  program.Add(rondo::NewCheckCommand());
  return program.Main(argc, argv);
}
