#include "rondo/tests/conformance/scenario.h"

#include "rondo/runtime/errors.h"
#include "rondo/runtime/task.h"

namespace rondo::conformance {
namespace {

// Returns the outcome.
std::string_view RunMain(Env& env, Scenario::Main main) {
  const Task<> task = env.loop().CreateTask(main(env), "main");
  try {
    env.loop().RunUntilComplete(task);
  } catch (const DeadlockError&) {
    return "deadlock";
  } catch (...) {  // tidy: allow(catch-all) it is part of the output
    env.Log("main raised ", CaughtText());
  }
  return "ok";
}

std::string_view Run(Env& env, Scenario::Run run) {
  try {
    run(env);
  } catch (const DeadlockError&) {
    return "deadlock";
  }
  return "ok";
}

}  // namespace

std::vector<std::string> TraceOf(const Scenario& scenario) {
  Env env;
  const std::string_view outcome = scenario.main != nullptr
                                       ? RunMain(env, scenario.main)
                                       : Run(env, scenario.run);
  return env.EndTrace(scenario.name, outcome);
}

}  // namespace rondo::conformance
