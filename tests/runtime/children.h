// Child processes in tests.
#ifndef RONDO_TESTS_RUNTIME_CHILDREN_H_
#define RONDO_TESTS_RUNTIME_CHILDREN_H_

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/process_spec.h"
#include "rondo/runtime/subprocess.h"

namespace rondo {

inline ProcessSpec Script(std::string text) {
  return ProcessSpec("/bin/sh", "-c", text);
}

inline ProcessSpec WithPipes(ProcessSpec spec) {
  spec.std_in = Stdio::Pipe();
  spec.std_out = Stdio::Pipe();
  return spec;
}

// What `spec` writes to its standard output.
inline Coro<std::string> OutputOf(ProcessSpec spec) {
  spec.std_out = Stdio::Pipe();
  Process process = co_await CreateSubprocessExec(std::move(spec));
  const ProcessOutput output = co_await process.Communicate();
  co_return output.std_out;
}

inline Coro<int> CodeOf(ProcessSpec spec) {
  Process process = co_await CreateSubprocessExec(std::move(spec));
  co_return co_await process.Wait();
}

// Neither running nor a zombie.
inline bool IsGone(int pid) {
  return kill(pid, 0) < 0 && errno == ESRCH &&
         waitpid(pid, nullptr, WNOHANG) < 0 && errno == ECHILD;
}

// A pipe of the kernel's, which blocks.
struct Pipe {
  Pipe() { EXPECT_EQ(pipe2(fds.data(), O_CLOEXEC), 0); }
  Pipe(const Pipe&) = delete;
  ~Pipe() {
    for (const int fd : fds) close(fd);
  }

  int reads() const { return fds[0]; }
  int writes() const { return fds[1]; }
  std::array<int, 2> fds = {-1, -1};
};

}  // namespace rondo

#endif  // RONDO_TESTS_RUNTIME_CHILDREN_H_
