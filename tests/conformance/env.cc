#include "rondo/tests/conformance/env.h"

#include <utility>

#include "rondo/runtime/errors.h"

namespace rondo::conformance {
namespace {

// The messages of asyncio that name a callback or a type, without the name.
std::string NeutralMessage(std::string_view message) {
  if (message.starts_with("Exception in callback")) {
    return "exception in callback";
  }
  if (message.ends_with("exception was never retrieved")) {
    return "exception never retrieved";
  }
  if (message.starts_with("unhandled exception during")) {
    return "unhandled exception during shutdown";
  }
  return std::string(message);
}

}  // namespace

Env::Env()
    : loop_({.clock = &clock_,
             .selector = &selector_,
             .network = &network_,
             .observer = &trace_}) {
  loop_.SetExceptionHandler([this](EventLoop&, const ExceptionReport& report) {
    OnException(report);
  });
}

void Env::OnException(const ExceptionReport& report) {
  if (report.message.starts_with("Executing ")) {  // "... took S seconds"
    const std::string_view text =
        report.message.substr(0, report.message.rfind(' '));
    Log("slow callback: ", text.substr(text.rfind(' ') + 1));
    return;
  }
  Log("handler: ", NeutralMessage(report.message), ": ",
      ExceptionText(report.exception));
}

std::vector<std::string> Env::EndTrace(std::string_view scenario,
                                       std::string_view outcome) {
  muted_ = true;
  std::vector<std::string> lines = trace_.lines();
  lines.push_back(trace_.Summary(scenario, outcome, output_));
  return lines;
}

}  // namespace rondo::conformance
