// Scenarios by name, for programs that run them from a command line.
//
//   #include "rondo/simnet/scenario_registry.h"
//
//   RONDO_SCENARIO(LostUpdate) {  // A function of Simulation& sim.
//     sim.AddHost("n1", RunNode);
//     sim.Run([&]() -> rondo::Coro<> { ... });
//   }
//
// Link the file with //tools:scenario_main: a program with the sub-commands
// list, run, replay, explore, shrink and check.
#ifndef RONDO_SIMNET_SCENARIO_REGISTRY_H_
#define RONDO_SIMNET_SCENARIO_REGISTRY_H_

#include <string>
#include <vector>

#include "rondo/simnet/scenario.h"

namespace rondo {

struct RegisteredScenario {
  std::string name;
  Scenario scenario;
  std::string file;
  unsigned line = 0;
};

// All of the program, by name.
const std::vector<RegisteredScenario>& RegisteredScenarios();

// Null: there is none of this name.
const RegisteredScenario* FindScenario(std::string_view name);

namespace internal {

// Registers at start-up. Aborts if the name is taken.
struct ScenarioRegistrar {
  ScenarioRegistrar(const char* name, void (*scenario)(Simulation&),
                    const char* file, unsigned line);
};

}  // namespace internal
}  // namespace rondo

// Defines and registers a scenario; the body follows, with `sim` in scope.
#define RONDO_SCENARIO(name)                                               \
  static void name(::rondo::Simulation& sim);                              \
  static const ::rondo::internal::ScenarioRegistrar rondo_scenario_##name( \
      #name, &name, __FILE__, __LINE__);                                   \
  static void name([[maybe_unused]] ::rondo::Simulation& sim)

#endif  // RONDO_SIMNET_SCENARIO_REGISTRY_H_
