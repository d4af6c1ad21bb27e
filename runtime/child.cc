#include "rondo/runtime/child.h"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/io.h"
#include "rondo/runtime/pipe_transport.h"
#include "rondo/runtime/task.h"

namespace rondo::internal {
namespace {

// What a child has returned that somebody else has reaped.
// Source: asyncio.unix_events.
constexpr int kUnknownCode = 255;

ProcessSpawner* SpawnerOf(LoopCore* core) {
  if (core->seams.processes == nullptr) {
    throw RuntimeError("this event loop cannot start processes");
  }
  return core->seams.processes;
}

void RequireNoNul(const std::string& text, std::string_view what) {
  if (text.find('\0') == std::string::npos) return;
  throw ValueError("ProcessSpec: " + std::string(what) + " has a NUL in it");
}

void RequireStdio(const Stdio& stdio, int fd) {
  const std::string what = "ProcessSpec: the child's descriptor " +
                           std::to_string(fd) + " cannot be ";
  if (stdio.kind == Stdio::Kind::kStdout && fd != 2) {
    throw ValueError(what + "Stdout(), which is for standard error only");
  }
  if (stdio.kind == Stdio::Kind::kDescriptor && stdio.fd < 0) {
    throw ValueError(what + "Descriptor(" + std::to_string(stdio.fd) + ")");
  }
}

void RequireSense(const ProcessSpec& spec) {
  if (spec.arguments.empty()) {
    throw ValueError("ProcessSpec: there is no program");
  }
  for (const std::string& argument : spec.arguments) {
    RequireNoNul(argument, "an argument");
  }
  RequireNoNul(spec.directory, "the directory");
  RequireStdio(spec.std_in, 0);
  RequireStdio(spec.std_out, 1);
  RequireStdio(spec.std_err, 2);
  if (!spec.environment.has_value()) return;
  for (const auto& [name, value] : *spec.environment) {
    RequireNoNul(name, "the name of a variable");
    RequireNoNul(value, "a variable");
    if (name.empty() || name.find('=') != std::string::npos) {
      throw ValueError("ProcessSpec: '" + name + "' cannot name a variable");
    }
  }
}

}  // namespace

class Child::Watched {
 public:
  explicit Watched(std::shared_ptr<Child> child) : child_(std::move(child)) {}
  Watched(Watched&&) noexcept = default;
  ~Watched() {
    if (child_ != nullptr) child_->Abandon();
  }
  void operator()() { child_->OnReadable(); }

 private:
  std::shared_ptr<Child> child_;
};

std::shared_ptr<Child> Child::Start(const ProcessSpec& spec) {
  LoopCore* const core = RunningCore();
  ProcessSpawner* const spawner = SpawnerOf(core);
  NetworkOf(core);  // Of which the pipes are.
  RequireSense(spec);
  SpawnedProcess spawned;
  const SysResult result = spawner->Spawn(spec, &spawned);
  if (result < 0) {
    std::string what = spec.arguments.front();
    if (!spec.directory.empty()) what += " in " + spec.directory;
    ThrowSocketError(result, "cannot start", what);
  }
  auto child = std::make_shared<Child>(core, spawner, spawned);
  Watch(core, spawned.process, kReadable, Watched(child), "child_exited");
  return child;
}

Child::Child(LoopCore* core, ProcessSpawner* spawner,
             const SpawnedProcess& spawned)
    : core_(core),
      spawner_(spawner),
      process_(spawned.process),
      pid_(spawned.pid) {
  for (std::size_t i = 0; i < pipes_.size(); ++i) {
    if (spawned.pipes[i] >= 0) pipes_[i] = Socket(spawned.pipes[i]);
  }
}

Child::~Child() { Abandon(); }

std::shared_ptr<Transport> Child::ConnectPipe(
    int fd, std::shared_ptr<Protocol> protocol) {
  Socket pipe = std::move(pipes_[static_cast<std::size_t>(fd)]);
  if (!pipe) return nullptr;
  if (fd != 0) {
    return ReadPipeTransport::Start(std::move(pipe), std::move(protocol));
  }
  return WritePipeTransport::Start(std::move(pipe), DescriptorKind::kPipe,
                                   std::move(protocol));
}

// ---- The end

void Child::OnReadable() {
  int returncode = kUnknownCode;
  const SysResult result = spawner_->Reap(process_, &returncode);
  if (result == -EAGAIN) return;
  if (result < 0) {
    core_->Report(
        "The exit code of a child process was taken by somebody else: 255 is "
        "reported",
        std::make_exception_ptr(SocketError(result, "reap", "")));
  }
  const std::shared_ptr<Child> keep = shared_from_this();
  const int process = std::exchange(process_, -1);
  core_->io->Remove(process, kReadable);
  spawner_->Close(process);
  Finish(returncode);
}

void Child::Finish(int returncode) {
  returncode_ = returncode;
  for (Future<int>& waiter : std::exchange(waiters_, {})) {
    if (!waiter.done()) waiter.SetResult(returncode);
  }
  if (const auto on_exit = std::exchange(on_exit_, nullptr)) on_exit();
}

void Child::Abandon() {
  if (process_ < 0) return;
  spawner_->Close(std::exchange(process_, -1));
  if (const auto on_exit = std::exchange(on_exit_, nullptr)) on_exit();
}

// ---- Use

void Child::SendSignal(int signal) {
  SysResult result = -ESRCH;
  if (process_ >= 0) result = spawner_->SendSignal(process_, signal);
  if (result >= 0) return;
  ThrowSocketError(
      result, "SendSignal",
      std::to_string(signal) + " to process " + std::to_string(pid_));
}

bool Child::Kill() {
  return process_ >= 0 && spawner_->SendSignal(process_, SIGKILL) >= 0;
}

Coro<int> Child::Wait(std::shared_ptr<Child> self) {
  if (self->returncode_.has_value()) co_return *self->returncode_;
  const Future<int> exited = CreateFuture<int>();
  self->waiters_.push_back(exited);
  struct Forget {
    Forget(Child* child, const Future<int>& waiter)
        : child(child), waiter(waiter) {}
    ~Forget() { std::erase(child->waiters_, waiter); }
    Child* child;
    const Future<int>& waiter;
  } const forget(self.get(), exited);
  co_return co_await exited;
}

}  // namespace rondo::internal
