// A child process, as the loop watches it.
//
// The loop keeps a child until it has ended, and reaps it; a loop that is
// closed before kills it.
#ifndef RONDO_RUNTIME_CHILD_H_
#define RONDO_RUNTIME_CHILD_H_

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/loop_core.h"
#include "rondo/runtime/process.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/transport.h"

namespace rondo::internal {

class Child : public std::enable_shared_from_this<Child> {
 public:
  // Starts a child of the running loop. Throws: std::system_error, with the
  // program's name; ValueError for a `spec` that makes no sense; RuntimeError
  // for a loop that has no processes.
  static std::shared_ptr<Child> Start(const ProcessSpec& spec);

  Child(LoopCore* core, ProcessSpawner* spawner, const SpawnedProcess& spawned);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  int pid() const { return pid_; }
  // No value while it runs, as far as the loop knows.
  const std::optional<int>& returncode() const { return returncode_; }

  // Takes the pipe of the child's `fd` and gives it a transport; null if there
  // is none.
  std::shared_ptr<Transport> ConnectPipe(int fd,
                                         std::shared_ptr<Protocol> protocol);
  // Called once: when it has ended, in that iteration; or, without a return
  // code, when the loop is closed before.
  void SetExitCallback(std::function<void()> callback) {
    on_exit_ = std::move(callback);
  }

  // Throws: std::system_error: ESRCH once the return code is known.
  void SendSignal(int signal);
  // Kills it if it runs; false if it does not.
  bool Kill();

  // The return code, once it is known.
  static Coro<int> Wait(std::shared_ptr<Child> self);

 private:
  // Kept by the loop while the child runs.
  class Watched;

  void OnReadable();
  void Finish(int returncode);
  // The loop lets it go.
  void Abandon();

  LoopCore* const core_;
  ProcessSpawner* const spawner_;
  int process_;  // -1: reaped, or abandoned.
  const int pid_;
  std::array<Socket, 3> pipes_;
  std::optional<int> returncode_;
  std::function<void()> on_exit_;
  std::vector<Future<int>> waiters_;
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_CHILD_H_
