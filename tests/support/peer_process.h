// A program of others', beside a test: started by it, and gone with it.
//
//   if (!IsInstalled("redis-server")) GTEST_SKIP() << NotInstalled(...);
//   PeerProcess peer({"redis-server", "--port", "0"});
//   peer.LineWith("Ready to accept connections");
//
// It dies with the object, and also if the test's process dies, however it
// does: the kernel kills it then.
//
// Blocks; before a loop runs, or outside of it.
#ifndef RONDO_TESTS_SUPPORT_PEER_PROCESS_H_
#define RONDO_TESTS_SUPPORT_PEER_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rondo {

// Whether the program is in PATH, or where Debian keeps servers.
bool IsInstalled(const std::string& program);
// What a test says that is skipped: the program, and the package to install.
std::string NotInstalled(const std::string& program,
                         const std::string& debian_package);

class PeerProcess {
 public:
  // Throws: std::system_error if it cannot be started at all; one that is not
  // there ends with 127.
  explicit PeerProcess(const std::vector<std::string>& words);
  PeerProcess(const PeerProcess&) = delete;
  PeerProcess& operator=(const PeerProcess&) = delete;
  // Kills it.
  ~PeerProcess();

  pid_t pid() const { return pid_; }

  // The next line of its output, of either kind, that has `text` in it; empty:
  // it has ended without, or said nothing for a minute.
  std::string LineWith(const std::string& text);
  // All that was read of its output.
  const std::string& output() const { return output_; }

  void Signal(int signal);
  // Stops it where it is, until Resume: it has stopped when this returns.
  void Pause();
  void Resume();
  // Waits for its end: its exit code, or minus the signal that it died of.
  int Wait();

 private:
  // False: at the end, or it is silent.
  bool ReadMore();

  pid_t pid_ = -1;
  int reading_ = -1;
  std::string output_;
  std::size_t looked_at_ = 0;  // Of output_, by LineWith.
  bool ended_ = false;
  int code_ = 0;
};

// A port of 127.0.0.1 that nobody has now.
std::uint16_t FreePort();

// A server of others': starts what `words` says for a free port, until the
// line with `ready` is there; again, with another port, if somebody has taken
// the port meanwhile. Throws: std::runtime_error with what the program said.
std::unique_ptr<PeerProcess> StartPeer(
    const std::function<std::vector<std::string>(std::uint16_t port)>& words,
    const std::string& ready, std::uint16_t* port);

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_PEER_PROCESS_H_
