#include "rondo/simnet/scenario.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <typeinfo>
#include <utility>

#include "rondo/replay/build_info.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/identity.h"
#include "rondo/runtime/type_name.h"

namespace rondo {
namespace {

// The names of the tasks that a deadlock report speaks of, but for those that
// were named by the loop.
std::string DeadlockId(std::string_view report) {
  constexpr std::string_view kTask = "  task ";
  std::string id;
  std::size_t at = 0;
  while ((at = report.find(kTask, at)) != std::string_view::npos) {
    at += kTask.size();
    const std::string_view name =
        report.substr(at, report.find(" waits for ", at) - at);
    if (name.starts_with("Task-")) continue;
    if (!id.empty()) id += ",";
    id.append(name);
  }
  return id;
}

// A deadlock's report less the lines that name places, which compilers word
// differently: a trace is the same bytes with every compiler.
std::string WithoutPlaces(const std::string& report) {
  std::string result;
  std::size_t begin = 0;
  while (begin < report.size()) {
    const std::size_t end = std::min(report.find('\n', begin), report.size());
    const std::string_view line(report.data() + begin, end - begin);
    if (!line.starts_with("    at ")) {
      result.append(line);
      if (end < report.size()) result += '\n';
    }
    begin = end + 1;
  }
  return result;
}

// Runs `run` and says how it ended.
void Settle(const std::function<void()>& run, RunOutcome* outcome) {
  try {
    run();
  } catch (const RunFailed& failed) {
    outcome->kind = failed.kind();
    outcome->id = failed.id();
    outcome->message = failed.what();
  } catch (const DeadlockError& deadlock) {
    outcome->kind = RunKind::kDeadlock;
    outcome->message = deadlock.what();
    outcome->id = DeadlockId(outcome->message);
  } catch (...) {  // tidy: allow(catch-all) it is the outcome
    outcome->kind = RunKind::kException;
    outcome->id = internal::CaughtTypeName();
    outcome->message = DescribeException(std::current_exception());
  }
}

TraceOrder OrderOf(const RunContext& context) {
  if (context.ready_order == nullptr) return TraceOrder::kFifo;
  return context.adversarial ? TraceOrder::kAdversarial : TraceOrder::kContract;
}

RunOutcome ExecuteIn(const Scenario& scenario, const ExecuteOptions& options,
                     RunContext context, Recorder& recorder) {
  context.recorder = &recorder;
  if (options.stop) {
    context.stop = [](void* argument) {
      return static_cast<const ExecuteOptions*>(argument)->stop();
    };
    context.stop_argument = const_cast<ExecuteOptions*>(&options);
  }
  TraceHeader header;
  header.scenario = options.name;
  header.seed = options.simulation.seed;
  header.order = OrderOf(context);
  header.build = CurrentBuild();
  recorder.Begin(header);
  RunOutcome outcome;
  Simulation simulation(options.simulation, context);
  Settle([&] { scenario(simulation); }, &outcome);
  outcome.iterations = simulation.iterations();
  outcome.virtual_time = simulation.time();
  const std::string why =
      outcome.passed() ? "exit" : std::string(RunKindName(outcome.kind));
  recorder.End(why, outcome.id,
               outcome.kind == RunKind::kDeadlock
                   ? WithoutPlaces(outcome.message)
                   : outcome.message);
  outcome.digest = Combine(recorder.chain(), HashName(why + outcome.id));
  return outcome;
}

}  // namespace

RunOutcome Execute(const Scenario& scenario, const ExecuteOptions& options) {
  Recorder recorder(options.sink, {.level = options.level});
  return ExecuteIn(scenario, options, {}, recorder);
}

RunOutcome Execute(const Scenario& scenario, const ExecuteOptions& options,
                   Scheduler& scheduler) {
  Recorder recorder(options.sink, {.level = options.level});
  scheduler.set_recorder(&recorder);
  RunContext context;
  context.decisions = &scheduler;
  if (!options.fifo) context.ready_order = &scheduler;
  context.adversarial = scheduler.mode() == LegalityMode::kAdversarial;
  ExecuteOptions with_budget = options;
  if (scheduler.plan().iteration_budget != 0) {
    with_budget.simulation.iteration_budget = scheduler.plan().iteration_budget;
  }
  RunOutcome outcome = ExecuteIn(scenario, with_budget, context, recorder);
  scheduler.set_recorder(nullptr);
  return outcome;
}

RunOnce MakeRunOnce(Scenario scenario, ExecuteOptions options) {
  return [scenario = std::move(scenario),
          options = std::move(options)](Scheduler& scheduler) {
    return Execute(scenario, options, scheduler);
  };
}

}  // namespace rondo
