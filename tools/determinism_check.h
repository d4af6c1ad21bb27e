// The determinism check: the same run in fresh processes under hostile
// conditions, compared record by record.
//
// A run that is a function of its seed and decisions gives the same trace
// whatever the address space looks like. Conditions that differ between the
// processes: address layout randomised or not, an allocator that pads, leaves
// holes and fills memory, frame pools that hand out shuffled blocks, a larger
// environment. (Address randomisation alone finds almost nothing: iteration
// orders do not change when every address moves alike.)
#ifndef RONDO_TOOLS_DETERMINISM_CHECK_H_
#define RONDO_TOOLS_DETERMINISM_CHECK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace rondo {

// One way to start a process.
struct HostileCondition {
  std::string name;
  bool fixed_addresses = false;   // Without address randomisation.
  std::uint64_t jitter = 0;       // Of allocator and pools; 0: none.
  std::uint64_t environment = 0;  // Bytes of padding.
};

// The conditions of `runs` processes; the first is the plain one.
std::vector<HostileCondition> HostileConditions(std::uint64_t runs);

// Runs this very program with `arguments` under `condition` and returns its
// exit code. Unavailable: it could not be started.
absl::StatusOr<int> RunUnder(const HostileCondition& condition,
                             const std::vector<std::string>& arguments);

// Makes what the environment asks for true in this process: call it first in
// main().
void ApplyHostileEnvironment();

}  // namespace rondo

#endif  // RONDO_TOOLS_DETERMINISM_CHECK_H_
