// The small network of the oracle: every latency is the same, and a direction
// holds so many bytes.
//
// traces/asyncio was recorded over the same model in Python. It has no
// handshake, no resets and no acknowledgements: a byte is in its peer's reach
// one latency after it was sent, and takes room until it is received.
#ifndef RONDO_TESTS_CONFORMANCE_ORACLE_NETWORK_H_
#define RONDO_TESTS_CONFORMANCE_ORACLE_NETWORK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/network.h"
#include "rondo/runtime/selector.h"
#include "rondo/tests/support/hand_clock.h"
#include "rondo/tests/support/scripted_resolver.h"

namespace rondo::conformance {

class OracleNetwork final : public Network {
 public:
  explicit OracleNetwork(HandClock* clock);
  OracleNetwork(const OracleNetwork&) = delete;
  OracleNetwork& operator=(const OracleNetwork&) = delete;
  ~OracleNetwork() override;

  void Configure(Nanoseconds latency, std::size_t capacity = 65536) {
    latency_ = latency;
    capacity_ = capacity;
  }

  // When `fd` is ready for `event` (kReadable or kWritable); no value: never,
  // as things are.
  std::optional<Nanoseconds> ReadyAt(int fd, unsigned event) const;

  SysResult Socket(AddressFamily family, SocketKind kind) override;
  SysResult SocketPair(SocketKind kind, std::array<int, 2>* fds) override;
  SysResult Close(int fd) override;
  SysResult Bind(int fd, const SocketAddress& address) override;
  SysResult Listen(int fd, int backlog) override;
  SysResult Accept(int fd, SocketAddress* peer) override;
  SysResult Connect(int fd, const SocketAddress& address) override;
  SysResult Error(int fd) override;
  SysResult Send(int fd, std::span<const char> data) override;
  SysResult SendMessage(int fd,
                        std::span<const std::span<const char>> parts) override;
  SysResult Receive(int fd, std::span<char> buffer) override;
  SysResult SendTo(int fd, std::span<const char> data,
                   const SocketAddress& to) override;
  SysResult ReceiveFrom(int fd, std::span<char> buffer, SocketAddress* from,
                        bool* truncated) override;
  SysResult Shutdown(int fd, ShutdownHow how) override;
  SysResult LocalAddress(int fd, SocketAddress* address) override;
  SysResult PeerAddress(int fd, SocketAddress* address) override;
  SocketName Name(int fd) const override;
  std::shared_ptr<Resolver> resolver() override { return resolver_; }

  // No scenario asks for these.
  SysResult Pipe(std::array<int, 2>*) override;
  SysResult Adopt(int fd) override;
  SysResult Read(int, std::span<char>) override;
  SysResult Write(int, std::span<const char>) override;
  SysResult SendFile(int, int, std::int64_t, std::size_t) override;
  SysResult SetOption(int, SocketOption, int) override { return 0; }
  SysResult GetOption(int, SocketOption) override;
  SysResult SocketFile(const SocketAddress&) override;
  SysResult RemoveSocketFile(const SocketAddress&) override;

 private:
  struct End;

  End& of(int fd) const { return *ends_[static_cast<std::size_t>(fd)]; }
  End* New(SocketKind kind);
  Nanoseconds Arrival() { return clock_->Now() + latency_; }
  std::string NextName(char kind);
  SocketAddress NextAddress(std::array<std::uint8_t, 4> ip);
  std::size_t Space(const End& end) const;
  void EndOfSending(End& end);
  void CloseEnd(End& end);

  // Knows numeric addresses only.
  std::shared_ptr<Resolver> resolver_ = std::make_shared<ScriptedResolver>();
  HandClock* clock_;
  Nanoseconds latency_{0};
  std::size_t capacity_ = 65536;
  std::vector<std::unique_ptr<End>> ends_;  // By descriptor.
  std::map<SocketAddress, End*> listeners_;
  std::map<SocketAddress, End*> datagram_ends_;
  std::map<char, int> counters_;
  std::uint16_t next_port_ = 50001;
};

// Jumps the clock to what is ready next.
class OracleSelector final : public Selector {
 public:
  OracleSelector(HandClock* clock, OracleNetwork* network)
      : clock_(clock), network_(network) {}

  void Register(int fd, unsigned events) override { interest_[fd] = events; }
  void Modify(int fd, unsigned events) override { interest_[fd] = events; }
  void Unregister(int fd) override { interest_.erase(fd); }
  std::span<const ReadyEvent> Select(
      std::optional<Nanoseconds> timeout) override;
  void Wake() override { woken_ = true; }

 private:
  void FindReady();
  std::optional<Nanoseconds> NextTime() const;

  HandClock* clock_;
  OracleNetwork* network_;
  std::map<int, unsigned> interest_;
  std::vector<ReadyEvent> ready_;
  bool woken_ = false;
};

}  // namespace rondo::conformance

#endif  // RONDO_TESTS_CONFORMANCE_ORACLE_NETWORK_H_
