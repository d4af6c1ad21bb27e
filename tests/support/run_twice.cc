#include "rondo/tests/support/run_twice.h"

#include <gtest/gtest.h>

#include <cstddef>
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

std::string LineAt(const std::string& text, std::size_t at) {
  const std::size_t begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
  return text.substr(begin, text.find('\n', at) - begin);
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
  EXPECT_EQ(FirstDifference(first.text, second.text), "")
      << "another run of the same seed";
  return first;
}

std::string WithoutHeader(const std::string& text) {
  const std::size_t end = text.find('\n');
  return end == std::string::npos ? std::string() : text.substr(end + 1);
}

std::string FirstDifference(const std::string& a, const std::string& b) {
  if (a == b) return "";
  std::size_t at = 0;
  while (at < a.size() && at < b.size() && a[at] == b[at]) ++at;
  return LineAt(a, at) + "\n" + LineAt(b, at);
}

}  // namespace rondo
