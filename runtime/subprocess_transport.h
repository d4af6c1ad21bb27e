// SubprocessTransport: a child process, driven by a protocol.
//
//   rondo::ProcessSpec spec("grep", "-n", "main");
//   spec.std_in = spec.std_out = rondo::Stdio::Pipe();
//   rondo::Subprocess grep =
//       rondo::SubprocessExec([] { return std::make_shared<Lines>(); }, spec);
//   grep.transport->GetPipeTransport(0)->Write(text);
//
// The protocol (protocol.h) is told of ConnectionMade, then of what the pipes
// bring, of ProcessExited when the loop has reaped the child, and of
// ConnectionLost when all that is over. PauseWriting and ResumeWriting are
// those of the child's standard input.
//
// The loop keeps the transport until then. A loop that is closed before kills
// the child. Process (subprocess.h) is more comfortable.
//
// Thread-safety: the loop's thread.
// Source: asyncio.SubprocessTransport; differs: what a pipe brings is told at
// once, since nothing can come before ConnectionMade.
#ifndef RONDO_RUNTIME_SUBPROCESS_TRANSPORT_H_
#define RONDO_RUNTIME_SUBPROCESS_TRANSPORT_H_

#include <array>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "rondo/runtime/child.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/process_spec.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/transport.h"

namespace rondo {

class SubprocessTransport
    : public std::enable_shared_from_this<SubprocessTransport> {
 public:
  SubprocessTransport(const SubprocessTransport&) = delete;
  SubprocessTransport& operator=(const SubprocessTransport&) = delete;
  ~SubprocessTransport();

  int pid() const { return child_->pid(); }
  // 0 to 255, or minus the number of the signal that has killed it; no value
  // before ProcessExited.
  std::optional<int> returncode() const { return child_->returncode(); }
  // The return code, once it is known.
  Coro<int> Wait() const { return internal::Child::Wait(child_); }

  // Of the pipe to the child's 0, 1 or 2; null if it has none.
  std::shared_ptr<Transport> GetPipeTransport(int fd) const;

  // Throw: std::system_error (ESRCH) once the return code is known.
  void SendSignal(int signal) { child_->SendSignal(signal); }
  void Terminate();
  void Kill();

  // Closes the pipes, and kills the child if it runs. Idempotent.
  void Close();
  bool is_closing() const { return closing_; }

  void SetProtocol(std::shared_ptr<SubprocessProtocol> protocol);
  // Null once the connection is lost.
  std::shared_ptr<SubprocessProtocol> GetProtocol() const { return protocol_; }

  // For SubprocessExec.
  SubprocessTransport(std::shared_ptr<internal::Child> child,
                      std::shared_ptr<SubprocessProtocol> protocol);
  void Start();

 private:
  class PipeProtocol;

  // Calls `f`, something of the protocol's; what that throws is reported.
  template <class F>
  void Tell(const char* call, F&& f);
  void OnPipeLost(int fd, std::exception_ptr error);
  void OnExit();
  void TryFinish();

  internal::LoopCore* const core_;
  const std::shared_ptr<internal::Child> child_;
  std::shared_ptr<SubprocessProtocol> protocol_;
  std::array<std::shared_ptr<Transport>, 3> pipes_;
  int open_pipes_ = 0;
  bool closing_ = false;
};

using SubprocessProtocolFactory =
    std::function<std::shared_ptr<SubprocessProtocol>()>;

struct Subprocess {
  Subprocess(std::shared_ptr<SubprocessTransport> t,
             std::shared_ptr<SubprocessProtocol> p)
      : transport(std::move(t)), protocol(std::move(p)) {}

  std::shared_ptr<SubprocessTransport> transport;
  std::shared_ptr<SubprocessProtocol> protocol;  // What the factory has made.
};

// Starts a child; the protocol has its transport in the next iteration.
// Throws: std::system_error, with the program's name, if it cannot be run;
// ValueError for a `spec` that makes no sense; RuntimeError without a running
// loop, and for one that cannot start processes; what the factory throws.
// Source: asyncio subprocess_exec, subprocess_shell; differs: they need not be
// awaited.
Subprocess SubprocessExec(const SubprocessProtocolFactory& factory,
                          const ProcessSpec& spec);
// The same with "/bin/sh -c COMMAND"; `spec` has no arguments.
Subprocess SubprocessShell(const SubprocessProtocolFactory& factory,
                           std::string command, ProcessSpec spec);

namespace internal {

// `spec`, with the shell. Throws: ValueError if it has arguments.
ProcessSpec OfShell(std::string command, ProcessSpec spec);

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_SUBPROCESS_TRANSPORT_H_
