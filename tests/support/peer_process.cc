#include "rondo/tests/support/peer_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace rondo {
namespace {

constexpr int kSilenceMilliseconds = 60'000;
constexpr int kPortsTried = 20;

[[noreturn]] void ThrowErrno(const char* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

// Its full path; empty if there is none.
std::string PathOf(const std::string& program) {
  if (program.find('/') != std::string::npos) return program;
  const char* const path = std::getenv("PATH");
  std::istringstream directories((path == nullptr ? "" : std::string(path)) +
                                 ":/usr/bin:/usr/sbin:/usr/local/sbin");
  for (std::string directory; std::getline(directories, directory, ':');) {
    const std::string candidate = directory + "/" + program;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return "";
}

// In the child. Whoever has started it may be gone already.
void DieWithParent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(126);
}

}  // namespace

bool IsInstalled(const std::string& program) {
  return !PathOf(program).empty();
}

std::string NotInstalled(const std::string& program,
                         const std::string& debian_package) {
  return program + " is not installed: apt-get install " + debian_package;
}

PeerProcess::PeerProcess(const std::vector<std::string>& words) {
  std::vector<std::string> copies = words;
  std::vector<char*> arguments;
  for (std::string& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::string path = PathOf(words.at(0));
  std::array<int, 2> ends;
  if (pipe2(ends.data(), O_CLOEXEC) != 0) ThrowErrno("pipe2");
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    DieWithParent(parent);
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    execv(path.c_str(), arguments.data());
    _exit(127);
  }
  close(ends[1]);
  reading_ = ends[0];
  if (pid_ < 0) ThrowErrno("fork");
}

PeerProcess::~PeerProcess() {
  Signal(SIGKILL);
  Wait();
  close(reading_);
}

bool PeerProcess::ReadMore() {
  pollfd watched = {reading_, POLLIN, 0};
  if (poll(&watched, 1, kSilenceMilliseconds) <= 0) return false;
  std::array<char, 4096> buffer;
  const ssize_t n = read(reading_, buffer.data(), buffer.size());
  if (n <= 0) return false;
  output_.append(buffer.data(), static_cast<std::size_t>(n));
  return true;
}

std::string PeerProcess::LineWith(const std::string& text) {
  for (;;) {
    const std::size_t end = output_.find('\n', looked_at_);
    if (end == std::string::npos) {
      if (!ReadMore()) return "";
      continue;
    }
    const std::string line = output_.substr(looked_at_, end - looked_at_);
    looked_at_ = end + 1;
    if (line.find(text) != std::string::npos) return line;
  }
}

void PeerProcess::Signal(int signal) {
  if (!ended_) kill(pid_, signal);
}

void PeerProcess::Pause() {
  Signal(SIGSTOP);
  int status = 0;
  while (waitpid(pid_, &status, WUNTRACED) < 0 && errno == EINTR) {
  }
  if (!WIFSTOPPED(status)) {
    throw std::runtime_error("a program that was to be paused has ended");
  }
}

void PeerProcess::Resume() { Signal(SIGCONT); }

int PeerProcess::Wait() {
  if (ended_) return code_;
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  ended_ = true;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return code_;
}

std::uint16_t FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) ThrowErrno("socket");
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  const bool ok = bind(fd, any, size) == 0 && getsockname(fd, any, &size) == 0;
  close(fd);
  if (!ok) ThrowErrno("bind 127.0.0.1:0");
  return ntohs(address.sin_port);
}

std::unique_ptr<PeerProcess> StartPeer(
    const std::function<std::vector<std::string>(std::uint16_t port)>& words,
    const std::string& ready, std::uint16_t* port) {
  std::string said;
  for (int i = 0; i < kPortsTried; ++i) {
    *port = FreePort();
    auto peer = std::make_unique<PeerProcess>(words(*port));
    if (!peer->LineWith(ready).empty()) return peer;
    said = peer->output();
    if (said.find("ddress already in use") == std::string::npos) break;
  }
  throw std::runtime_error(words(0).at(0) + " does not start: " + said);
}

}  // namespace rondo
