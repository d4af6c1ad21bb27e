// Prints the traces of the golden scenarios under several seeds and schedules,
// after a line that says whether this program was optimised.
// golden_builds_test runs it, compiled in several ways; it has no reader and
// no diff because it is compiled so often.
#include <cstdint>
#include <iostream>
#include <string>

#include "rondo/replay/trace_json.h"
#include "rondo/tests/simnet/golden_scenarios.h"

namespace rondo {
namespace {

class Printer final : public TraceSink {
 public:
  void Begin(const TraceHeader& header) override { Print(header); }
  void Write(const Record& record) override { Print(record); }

 private:
  template <typename T>
  void Print(const T& what) {
    line_.clear();
    AppendJson(what, &line_);
    std::cout << line_ << "\n";
  }

  std::string line_;
};

void PrintAll() {
  Printer printer;
  for (GoldenScenario golden : GoldenScenarios()) {
    for (const std::uint64_t seed : {1, 2, 3}) {
      for (const std::uint64_t walk : {0, 1, 2, 3}) {
        golden.seed = seed;
        golden.walk = walk;
        RunGolden(golden, &printer);
      }
    }
  }
}

}  // namespace
}  // namespace rondo

int main() {
#ifdef __OPTIMIZE__
  std::cout << "optimised\n";
#else
  std::cout << "not optimised\n";
#endif
  rondo::PrintAll();
}
