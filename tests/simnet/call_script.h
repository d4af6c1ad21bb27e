// Scripts of network calls, written once and run in every world.
//
//   TEST(UdpRows, AnEmptyDatagramIsReadable) {
//     Agree([](CallScript& c) {
//       c.OpenUdp("b", kServer);
//       ...
//       EXPECT_EQ(c.Receive("b"), 0);
//     });
//   }
//
// A script names its descriptors. Each call is written down with its result
// (an errno by its name) and what every open descriptor is ready for after it;
// Agree runs the script over the kernel and in the simulated worlds, and
// compares what was written, line by line. What a script expects in words of
// its own is expected in every world.
//
// Readiness is that of the Selector: kReadable, kWritable, with EPOLLHUP and
// EPOLLERR as both. It is level-triggered, so there are no edges to compare.
#ifndef RONDO_TESTS_SIMNET_CALL_SCRIPT_H_
#define RONDO_TESTS_SIMNET_CALL_SCRIPT_H_

#include <gtest/gtest.h>

#include <functional>
#include <initializer_list>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "rondo/tests/simnet/worlds.h"

namespace rondo {

inline constexpr unsigned kReadWrite = kReadable | kWritable;

enum class Side { kClient, kServer };

inline void PrintTo(const SocketAddress& address, std::ostream* out) {
  *out << address.ToString();
}

class CallScript {
 public:
  explicit CallScript(World& world) : world_(world) {}
  ~CallScript();
  CallScript(const CallScript&) = delete;
  CallScript& operator=(const CallScript&) = delete;

  // ---- Descriptors.
  SysResult Open(const std::string& name, AddressFamily family, SocketKind kind,
                 Side side = Side::kClient);
  void OpenPair(const std::string& a, const std::string& b, SocketKind kind);
  void OpenPipe(const std::string& reader, const std::string& writer);
  SysResult Close(const std::string& name);

  // ---- The calls. The first name is the descriptor's.
  SysResult Bind(const std::string& name, const SocketAddress& address);
  SysResult Listen(const std::string& name, int backlog);
  SysResult Accept(const std::string& listener, const std::string& child);
  SysResult Connect(const std::string& name, const SocketAddress& address);
  SysResult Error(const std::string& name);
  SysResult Send(const std::string& name, std::string_view data);
  SysResult SendParts(const std::string& name,
                      const std::vector<std::string>& parts);
  SysResult SendTo(const std::string& name, std::string_view data,
                   const SocketAddress& to);
  SysResult Receive(const std::string& name, std::size_t size = 64);
  SysResult ReceiveFrom(const std::string& name, std::size_t size = 64);
  SysResult Read(const std::string& name, std::size_t size = 64);
  SysResult Write(const std::string& name, std::string_view data);
  SysResult Shutdown(const std::string& name, ShutdownHow how);
  SysResult Set(const std::string& name, SocketOption option, int value);
  SysResult Get(const std::string& name, SocketOption option);
  SysResult Peer(const std::string& name);

  // ---- Many calls, written down as one line.
  // Sends `data` until it is refused; returns how often it was taken whole.
  int Fill(const std::string& name, std::string_view data);
  // Receives up to `size` bytes up to `times` times; returns how many came.
  std::size_t Drain(const std::string& name, std::size_t size, int times);

  // ---- What is not written down.
  SocketAddress Local(const std::string& name);
  unsigned Ready(const std::string& name);
  // What the last receive brought.
  const std::string& received() const { return received_; }
  World& world() { return world_; }
  // Its file is removed at the end.
  SocketAddress Unix(std::string_view name);
  Network& network(const std::string& name) { return *Find(name).network; }
  int fd(const std::string& name) { return Find(name).fd; }
  std::vector<std::string> names() const;

  std::vector<std::string> TakeLines() { return std::move(lines_); }

 private:
  struct Descriptor {
    std::string name;
    Network* network;
    int fd;
  };

  Descriptor& Find(const std::string& name);
  void Add(const std::string& name, Network& network, SysResult fd);
  // Writes the call down, lets everything arrive, and looks who is ready.
  SysResult Log(const std::string& call, SysResult result);
  // Whose address it is.
  std::string NameOf(const SocketAddress& address);
  Network& NetworkOf(Side side) {
    return side == Side::kClient ? world_.client() : world_.server();
  }

  World& world_;
  std::vector<Descriptor> open_;
  std::vector<SocketAddress> files_;
  std::vector<std::string> lines_;
  std::string received_;
};

using Script = std::function<void(CallScript&)>;

// Runs the script in the worlds ("loopback": one simulated host, "two_hosts")
// and over the kernel, which gets a second chance: a busy machine may be slow.
// `what` is said where they differ.
void Agree(const Script& script,
           std::initializer_list<const char*> worlds = {"loopback",
                                                        "two_hosts"},
           const std::string& what = "");
// For what does not leave its host: pipes and Unix sockets.
void AgreeLocally(const Script& script, const std::string& what = "");

}  // namespace rondo

#endif  // RONDO_TESTS_SIMNET_CALL_SCRIPT_H_
