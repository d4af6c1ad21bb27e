// rondo: looks at traces. `rondo --help` says how.
#include "absl/strings/str_cat.h"
#include "rondo/replay/trace.h"
#include "rondo/tools/command_line.h"
#include "rondo/tools/diff_command.h"
#include "rondo/tools/show_command.h"
#include "rondo/tools/stats_command.h"
#include "rondo/tools/verify_command.h"

int main(int argc, char** argv) {
  rondo::CommandLine program("rondo", "shows, compares and checks traces.");
  program.SetVersion(absl::StrCat("reads traces of version ",
                                  rondo::kTraceMajor, ".x, writes ",
                                  rondo::kTraceMajor, ".", rondo::kTraceMinor,
                                  ", loop semantics ", rondo::kLoopSemantics));
  program.Add(rondo::NewShowCommand());
  program.Add(rondo::NewDiffCommand());
  program.Add(rondo::NewVerifyCommand());
  program.Add(rondo::NewStatsCommand());
  return program.Main(argc, argv);
}
