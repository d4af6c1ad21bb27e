#include "rondo/simnet/explore_report.h"

#include <algorithm>
#include <sstream>

namespace rondo {
namespace {

// How many decisions are shown of a run that was not shrunk.
constexpr std::size_t kShown = 10;

// Each line of `text` after four spaces; at most `limit` of them.
std::string Indented(const std::string& text, std::size_t limit) {
  std::istringstream lines(text);
  std::string result;
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    if (count < limit) result += "    " + line + "\n";
  }
  if (count > limit) {
    result += "    … and " + std::to_string(count - limit) + " more\n";
  }
  return result;
}

std::string HowMany(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// "found by run 6 in contract mode with 3 decisions; 2 matter:".
std::string WhichRun(const ShrunkFinding& finding, bool replay) {
  const std::size_t count = finding.found.tape.size();
  std::string text =
      replay ? "replayed" : "found by run " + std::to_string(finding.found.run);
  text += " in " + std::string(LegalityModeName(finding.found.mode)) +
          " mode with ";
  if (finding.shrinking) return text + DescribeShrinking(count, finding.shrunk);
  text += HowMany(count, "decision");
  if (count != 0) text += replay ? ":" : ", not shrunk:";
  return text;
}

std::string Describe(const ShrunkFinding& finding, bool replay) {
  constexpr auto kAll = static_cast<std::size_t>(-1);
  const RunOutcome& outcome = finding.shrunk.outcome;
  std::string text = outcome.signature().ToString() + "\n";
  if (outcome.message != outcome.id) text += Indented(outcome.message, kAll);
  text += "  " + WhichRun(finding, replay) + "\n" +
          Indented(finding.decisions, finding.shrinking ? kAll : kShown);
  if (!finding.nondeterminism.empty()) {
    text += "  two runs of these decisions:\n" +
            Indented(finding.nondeterminism, kAll);
  }
  for (const std::string& path : finding.traces) {
    text += "  trace: " + path + "\n";
  }
  for (const std::string& command : finding.commands) {
    text += "  again: " + command + "\n";
  }
  return text;
}

}  // namespace

std::string DescribeShrinking(std::size_t decisions,
                              const ShrinkResult& shrunk) {
  const std::size_t count = shrunk.tape.size();
  const std::string text = HowMany(decisions, "decision");
  if (!shrunk.minimal) {
    return text + ", shrunk to " + std::to_string(count) +
           ", perhaps not the fewest:";
  }
  if (count == 0) return text + "; none matters: it fails without any";
  return text + "; " + std::to_string(count) +
         (count == 1 ? " matters:" : " matter:");
}

std::string ExploreReport::ToString() const {
  if (!error.empty()) return error + "\n";
  std::string text = HowMany(schedules, "schedule");
  text += replay ? " replayed" : " (" + std::to_string(distinct) + " distinct)";
  text += ", seed " + std::to_string(seed) + ": " +
          HowMany(findings.size(), "failure") + "\n";
  if (end == ExploreEnd::kTime) text += "the time limit ended it\n";
  for (const ShrunkFinding& finding : findings)
    text += Describe(finding, replay);
  return text;
}

}  // namespace rondo
