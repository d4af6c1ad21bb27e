// A network in which calls come to what a test says, and are told.
//
//   ScriptedWorld world;
//   world.network().Answer("bind 1.2.3.4:80", -EADDRINUSE);
//   world.Run([]() -> Coro<> { ... });
//   EXPECT_THAT(world.network().calls, Contains("socket ipv4 stream"));
//
// Calls that nothing was said of succeed: a socket is the next descriptor, from
// 3; it is connected at once; nobody is to be accepted and nothing received.
#ifndef RONDO_TESTS_SUPPORT_SCRIPTED_NETWORK_H_
#define RONDO_TESTS_SUPPORT_SCRIPTED_NETWORK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/network.h"
#include "rondo/runtime/selector.h"
#include "rondo/tests/support/hand_clock.h"
#include "rondo/tests/support/manual_executor.h"
#include "rondo/tests/support/scripted_resolver.h"

namespace rondo {

class ScriptedNetwork final : public Network {
 public:
  // The next call like this, "bind 1.2.3.4:80" or any "bind", comes to
  // `result`; said again, the one after it.
  void Answer(const std::string& call, SysResult result) {
    answers_[call].push_back(result);
  }
  // What was called but closes, and the descriptors that are open.
  std::vector<std::string> calls;
  std::vector<int> Open() const;
  const std::shared_ptr<ScriptedResolver> names =
      std::make_shared<ScriptedResolver>();

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
  SysResult SendMessage(int fd,
                        std::span<const std::span<const char>> parts) override;
  SysResult Receive(int fd, std::span<char> buffer) override;
  SysResult SendTo(int fd, std::span<const char> data,
                   const SocketAddress& to) override;
  SysResult ReceiveFrom(int fd, std::span<char> buffer, SocketAddress* from,
                        bool* truncated) override;
  SysResult Read(int fd, std::span<char> buffer) override;
  SysResult Write(int fd, std::span<const char> data) override;
  SysResult SendFile(int fd, int file, std::int64_t offset,
                     std::size_t size) override;
  SysResult Shutdown(int fd, ShutdownHow how) override;
  SysResult SetOption(int fd, SocketOption option, int value) override;
  SysResult GetOption(int fd, SocketOption option) override;
  SysResult LocalAddress(int fd, SocketAddress* address) override;
  SysResult PeerAddress(int fd, SocketAddress* address) override;
  SysResult SocketFile(const SocketAddress& address) override;
  SysResult RemoveSocketFile(const SocketAddress& address) override;
  std::shared_ptr<Resolver> resolver() override { return names; }

 private:
  struct Known {
    SocketKind kind;
    SocketAddress local;
    std::optional<SocketAddress> peer;
  };

  SysResult Call(const std::string& call, SysResult otherwise);
  SysResult New(AddressFamily family, SocketKind kind);

  std::map<std::string, std::deque<SysResult>> answers_;
  std::map<int, Known> open_;
  int last_fd_ = 2;
};

// Says that descriptors are ready when the test has said so; else waits by
// moving the clock.
class ScriptedSelector final : public Selector {
 public:
  explicit ScriptedSelector(HandClock* clock) : time_(clock) {}

  // From now on; 0: no longer.
  void SetReady(int fd, unsigned mask) { ready_[fd] = mask; }
  bool watches(int fd) const { return interest_.contains(fd); }

  void Register(int fd, unsigned events) override { interest_[fd] = events; }
  void Modify(int fd, unsigned events) override { interest_[fd] = events; }
  void Unregister(int fd) override { interest_.erase(fd); }
  std::span<const ReadyEvent> Select(
      std::optional<Nanoseconds> timeout) override;
  void Wake() override { time_.Wake(); }

 private:
  JumpSelector time_;
  std::map<int, unsigned> interest_;
  std::map<int, unsigned> ready_;
  std::vector<ReadyEvent> events_;
};

// A loop in virtual time over both. What reaches the exception handler is kept
// in `reports`.
class ScriptedWorld {
 public:
  ScriptedWorld();

  ScriptedNetwork& network() { return network_; }
  ScriptedResolver& names() { return *network_.names; }
  ScriptedSelector& selector() { return selector_; }
  ManualExecutor& executor() { return executor_; }
  EventLoop& loop() { return loop_; }
  Nanoseconds now() { return clock_.Now(); }

  // Runs what `function` returns, a Coro, to its end.
  template <class F>
  auto Run(F function) {
    return loop_.RunUntilComplete(function());
  }

  std::vector<std::string> reports;

 private:
  LoopSeams Seams();

  HandClock clock_;
  ScriptedSelector selector_{&clock_};
  ScriptedNetwork network_;
  ManualExecutor executor_;
  EventLoop loop_;
};

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_SCRIPTED_NETWORK_H_
