// Prints the trace of a scenario, or with --list the names of all.
//
//   bazel run //tests/conformance:oracle -- call_soon_fifo
//   bazel run //tests/conformance:oracle -- --list
#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>

#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

constexpr char kUsage[] = "usage: oracle --list | NAME...\n";

int Print(std::string_view name) {
  for (const Scenario& scenario : AllScenarios()) {
    if (scenario.name != name) continue;
    for (const std::string& line : TraceOf(scenario)) {
      std::cout << line << '\n';
    }
    return 0;
  }
  std::cerr << "oracle: no scenario is named " << name << "\n" << kUsage;
  return 2;
}

int Main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << kUsage;
    return 2;
  }
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--help") {
      std::cout << kUsage;
    } else if (argument == "--list") {
      for (const Scenario& scenario : AllScenarios()) {
        std::cout << scenario.name << '\n';
      }
    } else if (const int status = Print(argument); status != 0) {
      return status;
    }
  }
  return 0;
}

}  // namespace
}  // namespace rondo::conformance

int main(int argc, char** argv) { return rondo::conformance::Main(argc, argv); }
