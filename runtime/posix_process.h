// The kernel's processes.
#ifndef RONDO_RUNTIME_POSIX_PROCESS_H_
#define RONDO_RUNTIME_POSIX_PROCESS_H_

#include "rondo/runtime/process.h"

namespace rondo {

// Children are started by posix_spawn and known by their pidfd (Linux 5.4): no
// handler for SIGCHLD, no thread, and signals that cannot hit another process.
// A program that ignores SIGCHLD, or waits for any child, takes exit codes away
// (-ECHILD; of Spawn, if the child has ended that early).
//
// Signals that this process handles or ignores: what it handles has its default
// disposition in the child, what it ignores is ignored there too, but for
// SIGPIPE and SIGXFSZ, which have the default one.
//
// Thread-safety: it has no state.
class PosixProcessSpawner final : public ProcessSpawner {
 public:
  SysResult Spawn(const ProcessSpec& spec, SpawnedProcess* child) override;
  SysResult SendSignal(int process, int signal) override;
  SysResult Reap(int process, int* returncode) override;
  // Waits for a child that it has killed without a look at the loop.
  void Close(int process) override;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_POSIX_PROCESS_H_
