#include "rondo/runtime/call_graph_dump.h"

#include <sched.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <utility>

#include "rondo/runtime/call_graph.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/inbox.h"

namespace rondo {
namespace {

using internal::Inbox;

constexpr int kSignals = 64;

// What the signal handler sees: whom to tell of each signal.
std::array<std::atomic<Inbox*>, kSignals + 1> inboxes = {};
std::atomic<int> handlers = 0;  // That run now, on any thread.
static_assert(std::atomic<Inbox*>::is_always_lock_free);

extern "C" void OnDumpSignal(int number) {
  const int saved = errno;
  ++handlers;
  const std::size_t place = static_cast<std::size_t>(number);
  if (Inbox* const inbox = inboxes[place]) inbox->Signal(number);
  --handlers;
  errno = saved;
}

bool HasDisposition(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  return sigaction(signal, nullptr, &action) == 0 &&
         (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == handler;
}

// Returning from its handler would only raise it again.
bool IsFault(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE ||
         signal == SIGILL || signal == SIGABRT || signal == SIGTRAP ||
         signal == SIGSYS;
}

std::string Name(int signal) { return "signal " + std::to_string(signal); }

std::string Report(const EventLoop& loop, int signal) {
  const LoopStatistics now = loop.statistics();
  return "Call graph (" + Name(signal) +
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
  explicit Dumps(EventLoop* loop) : loop_(loop), inbox_(loop->core()->inbox) {}
  ~Dumps() override {
    for (const auto& [signal, path] : paths_) Restore(signal);
  }

  void Set(int signal, std::string path) {
    if (!paths_.contains(signal)) Install(signal);
    paths_[signal] = std::move(path);
  }

 private:
  void Install(int signal) {
    const std::size_t place = static_cast<std::size_t>(signal);
    Inbox* nobody = nullptr;
    if (!HasDisposition(signal, SIG_DFL) ||
        !inboxes[place].compare_exchange_strong(nobody, inbox_.get())) {
      throw RuntimeError("DumpCallGraphOnSignal: " + Name(signal) +
                         " has a handler, or is ignored: take another one");
    }
    inbox_->SetSignalHandler(signal, [this, signal] { Write(signal); });
    struct sigaction action = {};
    action.sa_handler = OnDumpSignal;
    action.sa_flags = SA_RESTART;  // The loop is woken by its selector.
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
  }

  void Restore(int signal) {
    if (HasDisposition(signal, OnDumpSignal)) std::signal(signal, SIG_DFL);
    inboxes[static_cast<std::size_t>(signal)] = nullptr;
    while (handlers != 0) sched_yield();  // On other threads.
    inbox_->SetSignalHandler(signal, nullptr);
  }

  void Write(int signal) {
    const std::string text = Report(*loop_, signal);
    const std::string& path = paths_.at(signal);
    if (path.empty()) {
      std::fputs(text.c_str(), stderr);
    } else {
      Append(path, text);
    }
  }

  EventLoop* loop_;
  std::shared_ptr<Inbox> inbox_;
  std::map<int, std::string> paths_;  // By signal.
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
  if (signal < 1 || signal > kSignals || signal == SIGKILL ||
      signal == SIGSTOP || IsFault(signal)) {
    throw ValueError("DumpCallGraphOnSignal: " + Name(signal) +
                     " cannot be used: take SIGUSR1, for example");
  }
  std::unique_ptr<internal::LoopPart>& dumps = loop.core()->Hooks().dumps;
  if (dumps == nullptr) dumps = std::make_unique<Dumps>(&loop);
  static_cast<Dumps&>(*dumps).Set(signal, std::move(path));
}

}  // namespace rondo
