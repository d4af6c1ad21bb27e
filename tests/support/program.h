// Running another program of this build.
#ifndef RONDO_TESTS_SUPPORT_PROGRAM_H_
#define RONDO_TESTS_SUPPORT_PROGRAM_H_

#include <string>
#include <vector>

namespace rondo {

struct ProgramResult {
  int code = -1;  // -1: it was ended by a signal, or did not start.
  std::string out;
  std::string err;
};

// Runs the program at `path` to its end. No RONDO_ variable reaches it but
// those of `variables`, "RONDO_SEED=7".
ProgramResult RunProgram(const std::string& path,
                         const std::vector<std::string>& arguments,
                         const std::vector<std::string>& variables = {});

// The whole file; empty if it cannot be read.
std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& text);

// A file or directory for this test alone, in the test's own directory.
std::string ScratchPath(const std::string& name);

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_PROGRAM_H_
