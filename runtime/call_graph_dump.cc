#include "rondo/runtime/call_graph_dump.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <utility>

#include "rondo/runtime/call_graph.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/signal_catcher.h"

namespace rondo {
namespace {

std::string Report(const EventLoop& loop, int signal) {
  const LoopStatistics now = loop.statistics();
  return "Call graph (" + internal::SignalName(signal) +
         "): tasks: " + std::to_string(now.tasks) +
         ", ready: " + std::to_string(now.ready) +
         ", timers: " + std::to_string(now.scheduled) +
         ", readers: " + std::to_string(now.readers) +
         ", writers: " + std::to_string(now.writers) + "\n" +
         DescribeCallGraph(loop);
}

void Append(const std::string& path, const std::string& text) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      std::fopen(path.c_str(), "a"), std::fclose);
  if (file == nullptr ||
      std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
      std::fflush(file.get()) != 0) {
    throw RuntimeError("cannot write the call graph to '" + path +
                       "': " + std::strerror(errno));
  }
}

// The signals of one loop.
class Dumps final : public internal::LoopPart {
 public:
  explicit Dumps(EventLoop* loop) : loop_(loop) {}

  void Set(int signal, std::string path) {
    const auto found = dumps_.find(signal);
    if (found != dumps_.end()) {
      found->second.path = std::move(path);
      return;
    }
    if (!internal::HasDefaultDisposition(signal)) {
      throw RuntimeError(
          "DumpCallGraphOnSignal: " + internal::SignalName(signal) +
          " has a handler, or is ignored: take another one");
    }
    Dump& dump = dumps_[signal];
    dump.path = std::move(path);
    dump.catcher = std::make_unique<internal::SignalCatcher>(
        loop_->core()->inbox, signal, "signal",
        [this, signal](int) { Write(signal); });
    dump.catcher->Install();
  }

 private:
  struct Dump {
    std::string path;
    std::unique_ptr<internal::SignalCatcher> catcher;
  };

  void Write(int signal) {
    const std::string text = Report(*loop_, signal);
    const std::string& path = dumps_.at(signal).path;
    if (path.empty()) {
      std::fputs(text.c_str(), stderr);
    } else {
      Append(path, text);
    }
  }

  EventLoop* loop_;
  std::map<int, Dump> dumps_;  // By signal.
};

}  // namespace

void DumpCallGraphOnSignal(EventLoop& loop, int signal, std::string path) {
  if (loop.is_closed()) throw RuntimeError("Event loop is closed");
  if (!loop.seams().takes_signals) {
    throw RuntimeError(
        "DumpCallGraphOnSignal: this loop takes no signals, since it is not "
        "one of the real world (a simulation's, for example): call "
        "DescribeCallGraph(loop) instead");
  }
  if (!internal::IsSignal(signal) || internal::IsFaultSignal(signal) ||
      signal == SIGKILL || signal == SIGSTOP) {
    throw ValueError("DumpCallGraphOnSignal: " + internal::SignalName(signal) +
                     " cannot be used: take SIGUSR1, for example");
  }
  std::unique_ptr<internal::LoopPart>& dumps = loop.core()->Hooks().dumps;
  if (dumps == nullptr) dumps = std::make_unique<Dumps>(&loop);
  static_cast<Dumps&>(*dumps).Set(signal, std::move(path));
}

}  // namespace rondo
