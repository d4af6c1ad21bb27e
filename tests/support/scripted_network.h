// A network whose calls answer what a test has written down: partial writes,
// storms of EAGAIN, any error at any call.
//
//   network.Next("send", 2);         // Takes two bytes,
//   network.Next("send", -EAGAIN);   // then none, then all again.
//   network.Arrive("data");
//   EXPECT_THAT(network.Calls(), ElementsAre("send data", "recv"));
#ifndef RONDO_TESTS_SUPPORT_SCRIPTED_NETWORK_H_
#define RONDO_TESTS_SUPPORT_SCRIPTED_NETWORK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rondo/runtime/network.h"

namespace rondo {

class ScriptedNetwork final : public Network {
 public:
  // The next `call` that has no answer yet answers `result`. The calls are
  // those of the kernel: "send" "sendmsg" "sendto" "recv" "sendfile" "accept"
  // "connect" "error" "shutdown" "socket".
  void Next(const std::string& call, SysResult result) {
    answers_[call].push_back(result);
  }
  // Is what the next receiving call gets, in the order of Next("recv").
  void Arrive(std::string data, SocketAddress from = SocketAddress());
  // All since it was last asked.
  std::vector<std::string> Calls();

  // Of all its descriptors.
  DescriptorKind kind = DescriptorKind::kStream;
  // None: nothing is connected.
  std::optional<SocketAddress> peer;

  SysResult Socket(AddressFamily, SocketKind) override;
  SysResult SocketPair(SocketKind, std::array<int, 2>*) override;
  SysResult Pipe(std::array<int, 2>*) override;
  SysResult Adopt(int) override;
  SysResult Close(int fd) override;
  SysResult Bind(int, const SocketAddress&) override { return 0; }
  SysResult Listen(int, int) override { return 0; }
  SysResult Accept(int, SocketAddress*) override;
  SysResult Connect(int, const SocketAddress& address) override;
  SysResult Error(int) override { return Answer("error", 0); }
  SysResult Send(int, std::span<const char> data) override;
  SysResult SendMessage(int,
                        std::span<const std::span<const char>> parts) override;
  SysResult Receive(int, std::span<char> buffer) override;
  SysResult SendTo(int, std::span<const char> data,
                   const SocketAddress& to) override;
  SysResult ReceiveFrom(int, std::span<char> buffer, SocketAddress* from,
                        bool* truncated) override;
  SysResult Read(int fd, std::span<char> buffer) override;
  SysResult Write(int fd, std::span<const char> data) override;
  SysResult SendFile(int, int, std::int64_t offset, std::size_t size) override;
  SysResult Shutdown(int, ShutdownHow) override;
  SysResult SetOption(int, SocketOption, int) override { return 0; }
  SysResult GetOption(int, SocketOption) override { return 0; }
  SysResult LocalAddress(int, SocketAddress*) override { return 0; }
  SysResult PeerAddress(int, SocketAddress* address) override;
  SysResult SocketFile(const SocketAddress&) override;
  SysResult RemoveSocketFile(const SocketAddress&) override;
  SysResult Resolve(std::string_view, std::uint16_t,
                    std::vector<SocketAddress>*) override;

 private:
  struct Arrival {
    std::string data;
    SocketAddress from;
  };

  SysResult Answer(const std::string& call, SysResult otherwise);
  void Note(std::string call) { calls_.push_back(std::move(call)); }

  std::map<std::string, std::deque<SysResult>> answers_;
  std::deque<Arrival> arrivals_;
  std::vector<std::string> calls_;
  int next_fd_ = 100;
};

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_SCRIPTED_NETWORK_H_
