#include "rondo/tools/verify_command.h"

#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"
#include "rondo/replay/digest.h"
#include "rondo/replay/json_text.h"
#include "rondo/replay/trace.h"
#include "rondo/replay/trace_file.h"
#include "rondo/replay/verify.h"
#include "rondo/tools/command_flags.h"
#include "rondo/tools/command_line.h"

namespace rondo {
namespace {

using Json = nlohmann::ordered_json;

// What was found out about one file.
struct Verdict {
  std::string path;
  std::string error;        // Why it could not be read to its end; else empty.
  bool unreadable = false;  // The file, not what it holds.
  bool truncated = false;
  std::size_t torn_bytes = 0;
  std::size_t records = 0;
  std::size_t problem_count = 0;
  std::vector<TraceProblem> problems;
  ChainDigests chains;

  int exit_code() const {
    if (unreadable) return kExitTrouble;
    // That the end is missing is one problem.
    const std::size_t expected = truncated ? 1 : 0;
    if (!error.empty() || problem_count > expected) return kExitFinding;
    return truncated ? kExitNondeterminism : kExitNothing;
  }
};

Verdict VerifyFile(const std::string& path) {
  Verdict verdict;
  verdict.path = path;
  const auto fail = [&](const absl::Status& status) {
    verdict.error = std::string(status.message());
    verdict.unreadable =
        absl::IsNotFound(status) || absl::IsUnavailable(status);
    return verdict;
  };
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  if (!reader.ok()) return fail(reader.status());
  TraceVerifier verifier(reader->header());
  absl::Status error;
  while (true) {
    Record record;
    const absl::StatusOr<bool> more = reader->Next(&record);
    if (!more.ok()) error = more.status();
    if (!more.ok() || !*more) break;
    verifier.Add(record, reader->line());
  }
  if (error.ok()) {
    verdict.truncated = reader->truncated();
    verdict.torn_bytes = reader->torn_bytes();
    verifier.Finish(verdict.truncated);
  }
  verdict.records = verifier.records();
  verdict.problem_count = verifier.problem_count();
  verdict.problems = verifier.problems();
  verdict.chains = verifier.chains();
  return error.ok() ? verdict : fail(error);
}

void PrintText(const Verdict& verdict, std::ostream& out, std::ostream& err) {
  for (const TraceProblem& problem : verdict.problems) {
    out << verdict.path << ":" << problem.line << ": " << problem.what << "\n";
  }
  if (verdict.problem_count > verdict.problems.size()) {
    out << verdict.path << ": … and "
        << verdict.problem_count - verdict.problems.size() << " more\n";
  }
  if (!verdict.error.empty()) err << "rondo verify: " << verdict.error << "\n";
  if (verdict.exit_code() != kExitNothing) return;
  out << verdict.path << ": good: " << verdict.records << " records, "
      << verdict.chains.iterations() << " iterations of "
      << verdict.chains.hosts().size() << " hosts, chain "
      << Hex(verdict.chains.whole()) << "\n";
}

void PrintJson(const Verdict& verdict, std::ostream& out) {
  Json json = Json::object();
  json["path"] = verdict.path;
  json["good"] = verdict.exit_code() == kExitNothing;
  json["error"] = verdict.error;
  json["truncated"] = verdict.truncated;
  json["torn_bytes"] = verdict.torn_bytes;
  json["records"] = verdict.records;
  json["iterations"] = verdict.chains.iterations();
  json["chain"] = Hex(verdict.chains.whole());
  Json& hosts = json["hosts"] = Json::array();
  for (const HostChain& host : verdict.chains.hosts()) {
    hosts.push_back(Json::array({host.host, Hex(host.chain)}));
  }
  json["problem_count"] = verdict.problem_count;
  Json& problems = json["problems"] = Json::array();
  for (const TraceProblem& problem : verdict.problems) {
    Json one = Json::object();
    one["line"] = problem.line;
    one["what"] = problem.what;
    problems.push_back(one);
  }
  out << json.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
}

class VerifyCommand final : public Command {
 public:
  std::string name() const override { return "verify"; }
  std::string summary() const override {
    return "Checks traces against themselves: numbers, names, digests.";
  }
  std::string details() const override {
    return "exit codes: 0 good, 1 not good, 3 cannot be read, 4 good but cut "
           "short\n";
  }

  void Declare(CommandFlags* flags) override {
    flags->Argument("FILE", &file_, "a trace; \"-\" is standard input");
    flags->Arguments("FILE", &more_, "more of them");
    flags->Add("json", &json_, "print JSON, a line for each file");
  }

  int Run(std::ostream& out, std::ostream& err) override {
    std::vector<std::string> files = {file_};
    files.insert(files.end(), more_.begin(), more_.end());
    int worst = kExitNothing;
    for (const std::string& file : files) {
      const Verdict verdict = VerifyFile(file);
      if (json_) {
        PrintJson(verdict, out);
      } else {
        PrintText(verdict, out, err);
      }
      if (Rank(verdict.exit_code()) > Rank(worst)) worst = verdict.exit_code();
    }
    return worst;
  }

 private:
  // Cut short is the least that can be wrong.
  static int Rank(int code) {
    return code == kExitNothing          ? 0
           : code == kExitNondeterminism ? 1
                                         : code + 1;
  }

  std::string file_;
  std::vector<std::string> more_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> NewVerifyCommand() {
  return std::make_unique<VerifyCommand>();
}

}  // namespace rondo
