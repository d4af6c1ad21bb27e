// The seam through which a loop has other programs run.
//
// A child is a descriptor of the loop's selector: readable once the child has
// ended. Its pipes are descriptors of the loop's network. So what drives
// children is the same code over the kernel (`PosixProcessSpawner`) and in a
// simulation, where a child is a registered function with pipes.
//
// Errors: as the network's (network.h): a value >= 0, or a negated errno.
// Thread-safety: the loop's thread only.
#ifndef RONDO_RUNTIME_PROCESS_H_
#define RONDO_RUNTIME_PROCESS_H_

#include <array>

#include "rondo/runtime/process_spec.h"
#include "rondo/runtime/socket_types.h"

namespace rondo {

// A child that was started.
struct SpawnedProcess {
  int process = -1;  // The descriptor.
  int pid = -1;      // For people, and for traces nothing.
  // The parent's ends of the pipes to the child's 0, 1 and 2; -1: no pipe.
  std::array<int, 3> pipes = {-1, -1, -1};
};

class ProcessSpawner {
 public:
  virtual ~ProcessSpawner() = default;

  // Starts a child, which has no other descriptor than 0, 1 and 2. When this
  // returns, the program runs; or it cannot be run, for the reason that is
  // returned, and nothing is left of it.
  // REQUIRES: `spec` names a program; no string of it has a NUL in it.
  virtual SysResult Spawn(const ProcessSpec& spec, SpawnedProcess* child) = 0;

  // -ESRCH: it has ended and was reaped.
  virtual SysResult SendSignal(int process, int signal) = 0;

  // Takes the exit code of a child that has ended: 0 to 255, or minus the
  // number of the signal that has killed it. -EAGAIN: it runs still; -ECHILD:
  // somebody else has taken it.
  virtual SysResult Reap(int process, int* returncode) = 0;

  // Ends the use of the descriptor. A child that was not reaped is killed
  // first, waited for, and reaped.
  virtual void Close(int process) = 0;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_PROCESS_H_
