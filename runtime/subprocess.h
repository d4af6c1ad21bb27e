// Process: a child process, used by awaiting.
//
//   rondo::ProcessSpec spec("sort", "-u");
//   spec.std_in = spec.std_out = rondo::Stdio::Pipe();
//   rondo::Process sort = co_await rondo::CreateSubprocessExec(spec);
//   rondo::ProcessOutput output = co_await sort.Communicate("b\na\nb\n");
//   // output.std_out is "a\nb\n", *sort.returncode() is 0.
//
// A Process is move-only. Dropping it closes its pipes and leaves the child
// alone, which the loop reaps when it ends; a loop that is closed before kills
// it. What waits may outlive the Process. One that was moved from can only be
// assigned to.
//
// Thread-safety: the loop's thread.
// Source: asyncio.subprocess.Process.
#ifndef RONDO_RUNTIME_SUBPROCESS_H_
#define RONDO_RUNTIME_SUBPROCESS_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "rondo/runtime/child.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/process_spec.h"
#include "rondo/runtime/stream_reader.h"
#include "rondo/runtime/streams.h"

namespace rondo {

// What a child has written; empty where it had no pipe.
struct ProcessOutput {
  ProcessOutput(std::string out, std::string err)
      : std_out(std::move(out)), std_err(std::move(err)) {}

  std::string std_out;
  std::string std_err;
};

namespace internal {

// What belongs to a Process, and to those who wait for it.
struct ProcessParts {
  std::shared_ptr<Child> child;
  Stream std_in;
  Stream std_out;
  Stream std_err;
  // What Communicate has read and not returned yet.
  std::string output;
  std::string errors;
};

}  // namespace internal

class Process {
 public:
  // For CreateSubprocessExec.
  explicit Process(std::shared_ptr<internal::ProcessParts> parts)
      : parts_(std::move(parts)) {}
  Process(Process&&) noexcept = default;
  Process& operator=(Process&& other) noexcept {
    std::swap(parts_, other.parts_);
    return *this;
  }
  ~Process();

  int pid() const { return parts_->child->pid(); }
  // 0 to 255, or minus the number of the signal that has killed it; no value
  // until the loop has seen its end.
  std::optional<int> returncode() const { return parts_->child->returncode(); }

  // The pipes: the first one can be written, the others can be read. A Stream
  // that refers to nothing where there is no pipe.
  Stream& std_in() { return parts_->std_in; }
  Stream& std_out() { return parts_->std_out; }
  Stream& std_err() { return parts_->std_err; }

  // Returns the return code, once the child has ended. Several may wait. A
  // child that writes more into a pipe than that holds, and nobody reads, does
  // not end: Communicate.
  Coro<int> Wait() { return internal::Child::Wait(parts_->child); }

  // Writes `input` and closes the child's standard input, reads to the end what
  // the child writes, all at once, and waits for the child's end. A child that
  // reads less than `input` is no error. Cancellation: at once; nothing is
  // lost: called again, without input, it goes on.
  // Throws: ValueError for input where there is no pipe; std::system_error.
  Coro<ProcessOutput> Communicate(std::string input = {});

  // Throw: std::system_error (ESRCH) once the return code is known.
  void SendSignal(int signal) { parts_->child->SendSignal(signal); }
  void Terminate();
  void Kill();

 private:
  std::shared_ptr<internal::ProcessParts> parts_;
};

// Starts a program. `limit`: of the streams (stream_reader.h).
// Throws: std::system_error, with the program's name, if it cannot be run;
// ValueError for a `spec` that makes no sense; RuntimeError without a running
// loop, and for one that cannot start processes.
// Cancellation: does not suspend.
// Source: asyncio.create_subprocess_exec.
Coro<Process> CreateSubprocessExec(
    ProcessSpec spec, std::size_t limit = StreamReader::kDefaultLimit);
// The same with "/bin/sh -c COMMAND"; `spec` has no arguments.
Coro<Process> CreateSubprocessShell(
    std::string command, ProcessSpec spec = {},
    std::size_t limit = StreamReader::kDefaultLimit);

}  // namespace rondo

#endif  // RONDO_RUNTIME_SUBPROCESS_H_
