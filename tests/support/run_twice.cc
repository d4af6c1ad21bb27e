#include "rondo/tests/support/run_twice.h"

#include <gtest/gtest.h>

#include <functional>
#include <utility>
#include <variant>

#include "rondo/replay/trace_file.h"
#include "rondo/replay/verify.h"

namespace rondo {
namespace {

RecordedRun RecordWith(
    ExecuteOptions options,
    const std::function<RunOutcome(const ExecuteOptions&)>& execute) {
  TraceTextWriter writer;
  options.sink = &writer;
  options.level = kTraceEverything;
  RecordedRun run;
  run.outcome = execute(options);
  run.text = writer.text();
  absl::StatusOr<Trace> trace = ReadTraceText("recorded", run.text);
  EXPECT_TRUE(trace.ok()) << trace.status();
  if (!trace.ok()) return run;
  run.trace = *std::move(trace);
  for (const TraceProblem& problem : Verify(run.trace)) {
    ADD_FAILURE() << "recorded:" << problem.line << ": " << problem.what;
  }
  return run;
}

}  // namespace

std::vector<std::string> RecordedRun::outputs() const {
  std::vector<std::string> texts;
  for (const Record& record : trace.records) {
    if (const auto* const out = std::get_if<OutRecord>(&record)) {
      texts.push_back(out->text);
    }
  }
  return texts;
}

RecordedRun RecordRun(const Scenario& scenario, ExecuteOptions options) {
  return RecordWith(std::move(options), [&](const ExecuteOptions& with) {
    return Execute(scenario, with);
  });
}

RecordedRun RecordRun(const Scenario& scenario, ExecuteOptions options,
                      Scheduler& scheduler) {
  return RecordWith(std::move(options), [&](const ExecuteOptions& with) {
    return Execute(scenario, with, scheduler);
  });
}

RecordedRun RunTwice(const Scenario& scenario, const ExecuteOptions& options) {
  RecordedRun first = RecordRun(scenario, options);
  const RecordedRun second = RecordRun(scenario, options);
  EXPECT_EQ(first.outcome.digest, second.outcome.digest);
  EXPECT_EQ(first.outcome.signature(), second.outcome.signature());
  EXPECT_EQ(first.text, second.text) << "another run of the same seed";
  return first;
}

std::string WithoutHeader(const std::string& text) {
  const std::size_t end = text.find('\n');
  return end == std::string::npos ? std::string() : text.substr(end + 1);
}

}  // namespace rondo
