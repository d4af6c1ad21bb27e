#include "rondo/runtime/posix_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace rondo {
namespace {

// Owns a descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }

  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// The child's 0, 1 and 2.
class Files {
 public:
  Files() { posix_spawn_file_actions_init(&actions_); }
  Files(const Files&) = delete;
  ~Files() { posix_spawn_file_actions_destroy(&actions_); }

  // These return 0 or an errno.
  int Set(int target, const Stdio& stdio) {
    switch (stdio.kind) {
      case Stdio::Kind::kInherit:
        return 0;
      case Stdio::Kind::kPipe:
        return SetPipe(target);
      case Stdio::Kind::kDevNull:
        return posix_spawn_file_actions_addopen(&actions_, target, "/dev/null",
                                                O_RDWR, 0);
      case Stdio::Kind::kDescriptor:
        return SetDescriptor(target, stdio.fd);
      case Stdio::Kind::kStdout:
        return posix_spawn_file_actions_adddup2(&actions_, 1, target);
    }
    return EINVAL;
  }
  int Finish(const std::string& directory) {
    if (const int error =
            posix_spawn_file_actions_addclosefrom_np(&actions_, 3)) {
      return error;
    }
    return directory.empty() ? 0
                             : posix_spawn_file_actions_addchdir_np(
                                   &actions_, directory.c_str());
  }

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  // The parent's end of the pipe, or -1; the caller owns it.
  int TakePipe(std::size_t target) { return near_[target].Release(); }

 private:
  int SetPipe(int target) {
    std::array<int, 2> fds;
    if (pipe2(fds.data(), O_CLOEXEC) < 0) return errno;
    const std::size_t written = target == 0 ? 1 : 0;
    Descriptor near(fds[written]);
    far_.emplace_back(fds[1 - written]);
    // Of this end only: the child's blocks.
    if (fcntl(near.get(), F_SETFL, O_NONBLOCK) < 0) return errno;
    near_[static_cast<std::size_t>(target)] = std::move(near);
    return SetDescriptor(target, far_.back().get());
  }
  int SetDescriptor(int target, int fd) {
    // What the child gets as 0 must not be what it is to get as 1.
    if (fd < 3 && fd != target) {
      const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
      if (copy < 0) return errno;
      far_.emplace_back(copy);
      fd = copy;
    }
    return posix_spawn_file_actions_adddup2(&actions_, fd, target);
  }

  posix_spawn_file_actions_t actions_;
  std::array<Descriptor, 3> near_;
  std::vector<Descriptor> far_;  // The child's ends, until it has them.
};

// The child's signals and session.
class Attributes {
 public:
  explicit Attributes(bool new_session) {
    posix_spawnattr_init(&attributes_);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGXFSZ);
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
    int flags = POSIX_SPAWN_SETSIGDEF;
    if (new_session) flags |= POSIX_SPAWN_SETSID;
    posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  Attributes(const Attributes&) = delete;
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

// As execve takes them: they point into `strings`.
std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

int Start(const ProcessSpec& spec, const Files& files, pid_t* pid) {
  std::vector<std::string> arguments = spec.arguments;
  std::vector<std::string> variables;
  if (spec.environment.has_value()) {
    for (const auto& [name, value] : *spec.environment) {
      variables.push_back(name + "=" + value);
    }
  }
  const std::vector<char*> environment = Pointers(variables);
  const Attributes attributes(spec.new_session);
  return posix_spawnp(
      pid, arguments.front().c_str(), files.actions(), attributes.get(),
      Pointers(arguments).data(),
      spec.environment.has_value() ? environment.data() : environ);
}

// The calls that the C library's headers had wrong once, for C++.
int OpenPidfd(pid_t pid) {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}
int SignalPidfd(int process, int signal) {
  return static_cast<int>(
      syscall(SYS_pidfd_send_signal, process, signal, nullptr, 0));
}

// Ends a child that nobody knows yet.
void Discard(pid_t pid) {
  kill(pid, SIGKILL);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// As waitid, for the child's end.
int WaitFor(int process, siginfo_t* info, int flags) {
  int result;
  do {
    result = waitid(P_PIDFD, static_cast<id_t>(process), info, WEXITED | flags);
  } while (result < 0 && errno == EINTR);
  return result < 0 ? -errno : 0;
}

}  // namespace

SysResult PosixProcessSpawner::Spawn(const ProcessSpec& spec,
                                     SpawnedProcess* child) {
  Files files;
  int error = files.Set(0, spec.std_in);
  if (error == 0) error = files.Set(1, spec.std_out);
  if (error == 0) error = files.Set(2, spec.std_err);
  if (error == 0) error = files.Finish(spec.directory);
  pid_t pid = -1;
  if (error == 0) error = Start(spec, files, &pid);
  if (error != 0) return -error;
  // Its number is its own until it is reaped, which is for us to do.
  const int process = OpenPidfd(pid);
  if (process < 0) {
    error = errno;
    if (error == ESRCH) return -ECHILD;
    Discard(pid);
    return -error;
  }
  child->process = process;
  child->pid = pid;
  for (std::size_t i = 0; i < child->pipes.size(); ++i) {
    child->pipes[i] = files.TakePipe(i);
  }
  return 0;
}

SysResult PosixProcessSpawner::SendSignal(int process, int signal) {
  return SignalPidfd(process, signal) < 0 ? -errno : 0;
}

SysResult PosixProcessSpawner::Reap(int process, int* returncode) {
  siginfo_t info = {};
  if (const int error = WaitFor(process, &info, WNOHANG)) return error;
  if (info.si_pid == 0) return -EAGAIN;
  *returncode = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
  return 0;
}

void PosixProcessSpawner::Close(int process) {
  // To a child that was reaped, neither does anything.
  SendSignal(process, SIGKILL);
  WaitFor(process, nullptr, 0);
  close(process);
}

}  // namespace rondo
