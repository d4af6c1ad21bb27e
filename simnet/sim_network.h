// One simulated host's network: its descriptors, and the calls upon them.
//
// The calls answer as Linux does: results, errors, and the readiness that the
// host's `selector()` shows. 127.0.0.1 and ::1 are the host itself; names are
// those of `SimResolver`. Descriptors are the lowest free integers from 3,
// addresses and ephemeral ports come in order, so a run is the same every time.
//
// Unlike Linux, buffers have the size that they are given, and SendFile always
// answers -EOPNOTSUPP: there are no files.
//
// It belongs to a NetworkFabric, which makes it. After the host's crash it is
// inert: every call returns -EBADF.
//
// Thread-safety: one run, one thread.
#ifndef RONDO_SIMNET_SIM_NETWORK_H_
#define RONDO_SIMNET_SIM_NETWORK_H_

#include <memory>
#include <string_view>
#include <vector>

#include "rondo/runtime/network.h"
#include "rondo/simnet/network_context.h"
#include "rondo/simnet/sim_resolver.h"
#include "rondo/simnet/sim_selector.h"
#include "rondo/simnet/sim_socket.h"

namespace rondo {

class SimNetwork final : public Network {
 public:
  SimNetwork(internal::NetworkContext& context, internal::NetworkHost& host)
      : context_(context),
        host_(host),
        resolver_(std::make_shared<SimResolver>(context, host)) {}
  ~SimNetwork() override;
  SimNetwork(const SimNetwork&) = delete;
  SimNetwork& operator=(const SimNetwork&) = delete;

  SimSelector& selector() { return selector_; }
  const std::string& host_name() const { return host_.name; }
  // The host's addresses, with port 0.
  const SocketAddress& address() const { return host_.address; }
  const SocketAddress& address6() const { return host_.address6; }
  // True after the crash of its host: every call returns -EBADF.
  bool inert() const { return inert_; }
  // Without a word to anybody. Called by the fabric.
  void GoInert();

  SysResult Socket(AddressFamily family, SocketKind kind) override;
  SysResult SocketPair(SocketKind kind, std::array<int, 2>* fds) override;
  SysResult Pipe(std::array<int, 2>* fds) override;
  SysResult Adopt(int fd) override;
  SysResult Close(int fd) override;

  SysResult Bind(int fd, const SocketAddress& address) override;
  SysResult Listen(int fd, int backlog) override;
  SysResult Accept(int fd, SocketAddress* peer) override;
  SysResult Connect(int fd, const SocketAddress& address) override;
  SysResult Error(int fd) override;

  SysResult Send(int fd, std::span<const char> data) override;
  SysResult Receive(int fd, std::span<char> buffer) override;
  SysResult SendTo(int fd, std::span<const char> data,
                   const SocketAddress& to) override;
  SysResult SendMessage(int fd,
                        std::span<const std::span<const char>> parts) override;
  SysResult ReceiveFrom(int fd, std::span<char> buffer, SocketAddress* from,
                        bool* truncated) override;
  SysResult Read(int fd, std::span<char> buffer) override;
  SysResult Write(int fd, std::span<const char> data) override;
  SysResult SendFile(int fd, int file, std::int64_t offset,
                     std::size_t size) override;

  SysResult Shutdown(int fd, ShutdownHow how) override;
  SysResult SetOption(int fd, SocketOption option, int value) override;
  SysResult GetOption(int fd, SocketOption option) override;
  SysResult SocketFile(const SocketAddress& address) override;
  SysResult RemoveSocketFile(const SocketAddress& address) override;
  SysResult LocalAddress(int fd, SocketAddress* address) override;
  SysResult PeerAddress(int fd, SocketAddress* address) override;

  SocketName Name(int fd) const override;

  std::shared_ptr<Resolver> resolver() override { return resolver_; }

 private:
  static constexpr int kFirstFd = 3;

  // Null: no such descriptor.
  internal::SimSocket* Find(int fd) const;
  int Install(std::shared_ptr<internal::SimSocket> socket);
  void InstallPair(std::shared_ptr<internal::SimSocket> a,
                   std::shared_ptr<internal::SimSocket> b,
                   std::array<int, 2>* fds);

  internal::NetworkContext& context_;
  internal::NetworkHost& host_;
  std::shared_ptr<SimResolver> resolver_;
  SimSelector selector_;
  std::vector<std::shared_ptr<internal::SimSocket>> sockets_;  // By fd.
  std::vector<int> free_;  // Closed descriptors: a heap, the least first.
  bool inert_ = false;
};

}  // namespace rondo

#endif  // RONDO_SIMNET_SIM_NETWORK_H_
