// tools/rondo_gdb.py in a gdb: on a process that is stopped, and on the core
// file of one that has crashed, of either compiler.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "rondo/tests/support/program.h"

namespace rondo {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

std::string PathOf(const char* variable) {
  const char* const path = std::getenv(variable);
  EXPECT_NE(path, nullptr) << variable << " must be set";
  return path == nullptr ? "" : path;
}

constexpr char kGdb[] = "/usr/bin/gdb";

// Runs gdb on `program` with `commands`; what it has said, both ways.
std::string Gdb(const std::vector<std::string>& arguments,
                const std::vector<std::string>& commands) {
  std::vector<std::string> all = {"-nx", "-batch",
                                  "-ex", "set debuginfod enabled off",
                                  "-ex", "set disable-randomization off"};
  for (const std::string& command : commands) {
    all.insert(all.end(), {"-ex", command});
  }
  all.insert(all.end(), arguments.begin(), arguments.end());
  const ProgramResult result = RunProgram(kGdb, all);
  return result.out + result.err;
}

// One for each compiler.
class RondoGdbTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (access(kGdb, X_OK) != 0) {
      GTEST_SKIP() << "there is no " << kGdb << ": apt-get install gdb";
    }
    const std::string probe = Gdb(
        {Sample()}, {"break StopHere", "run", "python print('py ' + 'ok')"});
    if (probe.find("py ok") == std::string::npos) {
      GTEST_SKIP() << "this gdb has no Python: " << probe;
    }
    if (probe.find("Breakpoint 1, ") == std::string::npos) {
      GTEST_SKIP() << "gdb cannot run a program here: " << probe;
    }
  }

  std::string Sample() { return PathOf(GetParam()); }
  std::string Source() { return "source " + PathOf("RONDO_GDB"); }
};

const auto kShowsTheTasks = AllOf(
    ContainsRegex("loop 1 \\(running\\):\n"
                  "  task Task-1 waits for a gather of 2\n"
                  "    at [^\n]*gdb_sample.cc:[0-9]+ in [^\n]*Main[^\n]*\n"
                  "  task reader waits for an event\n"
                  "    at [^\n]*gdb_sample.cc:[0-9]+ in [^\n]*Outer[^\n]*\n"
                  "    at [^\n]*gdb_sample.cc:[0-9]+ in "
                  "[^\n]*WaitForEvent[^\n]*\n"
                  "  task Task-2 waits for task reader\n"
                  "    at [^\n]*gdb_sample.cc:[0-9]+ in [^\n]*Follow[^\n]*\n"));

TEST_P(RondoGdbTest, ShowsTheTasksOfAProcessThatIsStoppedInACallback) {
  EXPECT_THAT(
      Gdb({Sample()}, {Source(), "break StopHere", "run", "rondo tasks"}),
      kShowsTheTasks);
}

TEST_P(RondoGdbTest, ShowsTheTasksOfACoreFile) {
  const std::string core = ScratchPath("core");
  const std::string made =
      Gdb({"--args", Sample(), "crash"}, {"run", "generate-core-file " + core});
  ASSERT_THAT(made, HasSubstr("SIGABRT"));
  ASSERT_EQ(access(core.c_str(), R_OK), 0) << made;
  EXPECT_THAT(Gdb({Sample(), core}, {Source(), "rondo tasks"}), kShowsTheTasks);
}

TEST_P(RondoGdbTest, ShowsOneTaskByItsNameAndTheLoops) {
  const std::string shown =
      Gdb({Sample()}, {Source(), "break StopHere", "run", "rondo tasks reader",
                       "rondo tasks nobody", "rondo loops"});
  EXPECT_THAT(shown,
              AllOf(HasSubstr("task reader waits for an event"),
                    Not(HasSubstr("task Task-2")),
                    HasSubstr("no unfinished task nobody\n"),
                    HasSubstr("loop 1 (running): 0 ready, 0 timers, 3 tasks")));
}

TEST_P(RondoGdbTest, SaysWhyItCannotShowAnything) {
  EXPECT_THAT(Gdb({Sample()}, {Source(), "rondo loops"}),
              HasSubstr("no loops"));
  EXPECT_THAT(Gdb({"/bin/true"}, {Source(), "rondo tasks"}),
              HasSubstr("rondo tasks: no type rondo::internal::LoopCore"));
}

INSTANTIATE_TEST_SUITE_P(Compilers, RondoGdbTest,
                         testing::Values("GDB_SAMPLE_CLANG", "GDB_SAMPLE_GCC"),
                         [](const auto& info) {
                           return std::string(info.param);
                         });

}  // namespace
}  // namespace rondo
