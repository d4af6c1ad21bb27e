#include "rondo/tests/support/system_calls.h"

#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

namespace rondo {
namespace {

constexpr int kNotTraced = 77;

// Nothing else calls it.
void Mark() { syscall(SYS_getppid); }

bool ManagesMemory(long number) {
  for (const long call :
       {SYS_brk, SYS_madvise, SYS_mmap, SYS_mprotect, SYS_mremap, SYS_munmap}) {
    if (number == call) return true;
  }
  return false;
}

[[noreturn]] void RunChild(
    const std::function<void(const std::function<void()>&)>& function) {
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) < 0) _exit(kNotTraced);
  raise(SIGSTOP);
  function(Mark);
  std::fflush(stdout);
  _exit(testing::Test::HasFailure() ? 1 : 0);
}

}  // namespace

std::vector<int> SystemCallsOf(
    const std::function<void(const std::function<void()>&)>& function) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) RunChild(function);
  std::vector<int> parts;
  int count = 0;
  int status = 0;
  long signal = 0;
  bool begun = false;
  while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    signal = WSTOPSIG(status);
    if (!begun) {
      ptrace(PTRACE_SETOPTIONS, child, nullptr,
             PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
      begun = true;
      signal = 0;
    } else if (signal == (SIGTRAP | 0x80)) {
      __ptrace_syscall_info info = {};
      ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info);
      signal = 0;
      if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        const auto number = static_cast<long>(info.entry.nr);
        if (number == SYS_getppid) {
          parts.push_back(count);
          count = 0;
        } else if (!ManagesMemory(number)) {
          ++count;
        }
      }
    }
    ptrace(PTRACE_SYSCALL, child, nullptr, signal);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotTraced) return {};
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
      << "the child ended with status " << status;
  return parts;
}

}  // namespace rondo
