#include "rondo/simnet/scenario_registry.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "rondo/runtime/source_place.h"

namespace rondo {
namespace {

std::vector<RegisteredScenario>& All() {
  static std::vector<RegisteredScenario> all;
  return all;
}

}  // namespace

const std::vector<RegisteredScenario>& RegisteredScenarios() { return All(); }

const RegisteredScenario* FindScenario(std::string_view name) {
  for (const RegisteredScenario& scenario : All()) {
    if (scenario.name == name) return &scenario;
  }
  return nullptr;
}

namespace internal {

ScenarioRegistrar::ScenarioRegistrar(const char* name,
                                     void (*scenario)(Simulation&),
                                     const char* file, unsigned line) {
  if (FindScenario(name) != nullptr) {
    std::fprintf(stderr, "two scenarios are called %s\n", name);
    std::abort();
  }
  // In order of names: the order of files in a program is the linker's.
  std::vector<RegisteredScenario>& all = All();
  const auto place = std::lower_bound(
      all.begin(), all.end(), name,
      [](const RegisteredScenario& one, const std::string& wanted) {
        return one.name < wanted;
      });
  all.insert(place, {name, scenario, ShortFileName(file), line});
}

}  // namespace internal
}  // namespace rondo
