// Random calls on a few descriptors, over the kernel and simulated: every
// result and every readiness must agree. tcp_differential_test.cc does the
// same for TCP alone, at length.
//
// Left out, because they depend on time or on the machine: how much TCP's
// buffers take, and which ports and addresses the kernel chooses (addresses
// are compared by whose they are). RONDO_DIFFERENTIAL_SCRIPTS says how many
// scripts of each kind to run.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "rondo/runtime/seeded_random.h"
#include "rondo/tests/simnet/call_script.h"

namespace rondo {
namespace {

constexpr int kSteps = 40;

int Scripts() {
  const char* more = std::getenv("RONDO_DIFFERENTIAL_SCRIPTS");
  return more != nullptr ? std::atoi(more) : 12;
}

// Random steps upon the descriptors of a script.
class Steps {
 public:
  Steps(CallScript& calls, std::uint64_t seed) : c_(calls), random_(seed) {}
  virtual ~Steps() = default;

  void Run() {
    for (int i = 0; i < kSteps; ++i) {
      if (c_.names().size() < 2 || Below(6) == 0) {
        Make();
      } else {
        Step(c_.names()[Below(c_.names().size())]);
      }
    }
  }

 protected:
  virtual void Make() = 0;
  virtual void Step(const std::string& name) = 0;

  std::uint64_t Below(std::uint64_t n) { return random_.Below(n); }
  bool Flip() { return Below(2) == 0; }
  std::string NewName(const std::string& letter) {
    return letter + std::to_string(++count_);
  }
  std::string Data() {
    static constexpr std::size_t kSizes[] = {0, 1, 5, 300, 5000, 40'000};
    const std::size_t size = kSizes[Below(small_ ? 4 : 6)];
    return std::string(size, static_cast<char>('a' + Below(26)));
  }
  std::size_t Size() { return Flip() ? 1 + Below(400) : 100'000; }
  std::string Any() { return c_.names()[Below(c_.names().size())]; }
  // A call that any socket has.
  void Common(const std::string& name) {
    switch (Below(8)) {
      case 0:
      case 1:
        c_.Send(name, Data());
        break;
      case 2:
        c_.SendParts(name, {Data(), "", Data()});
        break;
      case 3:
      case 4:
        c_.ReceiveFrom(name, Size());
        break;
      case 5:
        c_.Error(name);
        break;
      case 6:
        if (Below(3) == 0) {
          c_.Shutdown(name, static_cast<ShutdownHow>(Below(3)));
        } else {
          c_.Peer(name);
        }
        break;
      case 7:
        if (Flip()) c_.Close(name);
        break;
    }
  }

  CallScript& c_;
  bool small_ = false;  // All that is sent.

 private:
  SeededRandom random_;
  int count_ = 0;
};

class PipeSteps final : public Steps {
 public:
  using Steps::Steps;

 private:
  void Make() override { c_.OpenPipe(NewName("r"), NewName("w")); }
  void Step(const std::string& name) override {
    if (Below(20) == 0) {
      c_.Close(name);
    } else if (name[0] == 'w') {
      c_.Write(name, Data());
    } else {
      c_.Read(name, Size());
    }
  }
};

class UnixStreamSteps final : public Steps {
 public:
  using Steps::Steps;

 private:
  void Make() override {
    if (Flip()) {
      return c_.OpenPair(NewName("p"), NewName("p"), SocketKind::kStream);
    }
    c_.Open(NewName("s"), AddressFamily::kUnix, SocketKind::kStream);
  }
  void Step(const std::string& name) override {
    const SocketAddress paths[] = {c_.Unix("x"), c_.Unix("y")};
    switch (Below(10)) {
      case 0:
        c_.Bind(name, paths[Below(2)]);
        break;
      case 1:
      case 2:
        c_.Listen(name, static_cast<int>(Below(3)));
        break;
      case 3:
        c_.Connect(name, paths[Below(2)]);
        break;
      case 4:
        c_.Accept(name, NewName("a"));
        break;
      default:
        Common(name);
    }
  }
};

class UnixDatagramSteps final : public Steps {
 public:
  using Steps::Steps;

 private:
  void Make() override {
    if (Below(3) == 0) {
      return c_.OpenPair(NewName("p"), NewName("p"), SocketKind::kDatagram);
    }
    c_.Open(NewName("d"), AddressFamily::kUnix, SocketKind::kDatagram);
  }
  void Step(const std::string& name) override {
    const SocketAddress paths[] = {c_.Unix("x"), c_.Unix("y"), c_.Unix("z")};
    switch (Below(10)) {
      case 0:
        c_.Bind(name, paths[Below(3)]);
        break;
      case 1:
        c_.Connect(name, paths[Below(3)]);
        break;
      case 2:
      case 3:
        c_.SendTo(name, Data(), paths[Below(3)]);
        break;
      default:
        Common(name);
    }
  }
};

class UdpSteps final : public Steps {
 public:
  using Steps::Steps;

 private:
  static bool AtServer(const std::string& name) { return name[0] == 's'; }
  SocketAddress Home(bool server) {
    return server ? c_.world().server_address() : c_.world().client_address();
  }
  // Where it can be reached.
  SocketAddress Target(const std::string& name) {
    const SocketAddress local = c_.Local(name);
    return Home(AtServer(name)).WithPort(local.port());
  }
  void Make() override {
    const bool server = Flip();
    const std::string name = NewName(server ? "s" : "c");
    c_.Open(name, AddressFamily::kIPv4, SocketKind::kDatagram,
            server ? Side::kServer : Side::kClient);
    if (Flip()) c_.Bind(name, Home(server));
  }
  void Step(const std::string& name) override {
    switch (Below(10)) {
      case 0: {
        const std::string other = Any();
        if (AtServer(other) != AtServer(name)) break;
        c_.Bind(name, Target(other));
        break;
      }
      case 1:
        c_.Set(name,
               Flip() ? SocketOption::kReuseAddress : SocketOption::kBroadcast,
               static_cast<int>(Below(2)));
        break;
      case 2: {
        // Port 0 means any port of that address, which more sockets have in
        // one world than in the other.
        const SocketAddress target = Target(Any());
        if (target.port() != 0) c_.Connect(name, target);
        break;
      }
      case 3:
      case 4:
        c_.SendTo(name, Data(), Target(Any()));
        break;
      default:
        Common(name);
    }
  }
};

// IPv6, with resets.
class TcpSteps final : public Steps {
 public:
  using Steps::Steps;

 private:
  void Make() override {
    small_ = true;
    if (listener_.empty()) {
      listener_ = NewName("l");
      c_.Open(listener_, AddressFamily::kIPv6, SocketKind::kStream,
              Side::kServer);
      c_.Bind(listener_, c_.world().server_address6());
      c_.Listen(listener_, static_cast<int>(Below(4)));
      address_ = c_.Local(listener_);
      return;
    }
    const std::string name = NewName("c");
    c_.Open(name, AddressFamily::kIPv6, SocketKind::kStream);
    c_.Set(name, SocketOption::kNoDelay, 1);
    c_.Connect(name, address_);
  }
  void Step(const std::string& name) override {
    switch (Below(10)) {
      case 0:
      case 1:
        c_.Accept(name, NewName("s"));
        break;
      case 2:
        c_.Set(name, SocketOption::kLinger, static_cast<int>(Below(2)) - 1);
        break;
      case 3:
        if (name[0] == 'c') c_.Connect(name, address_);
        break;
      default:
        Common(name);
    }
  }

  std::string listener_;
  SocketAddress address_;
};

template <class Kind>
void RunAll(std::initializer_list<const char*> worlds) {
  const int scripts = Scripts();
  for (int seed = 0; seed < scripts; ++seed) {
    Agree([seed](CallScript& c) { Kind(c, seed).Run(); }, worlds,
          "seed " + std::to_string(seed));
    if (testing::Test::HasFailure()) return;
  }
}

TEST(CallDifferentialTest, Pipes) { RunAll<PipeSteps>({"loopback"}); }

TEST(CallDifferentialTest, UnixStreams) {
  RunAll<UnixStreamSteps>({"loopback"});
}

TEST(CallDifferentialTest, UnixDatagrams) {
  RunAll<UnixDatagramSteps>({"loopback"});
}

TEST(CallDifferentialTest, Udp) { RunAll<UdpSteps>({"loopback", "two_hosts"}); }

TEST(CallDifferentialTest, Tcp) { RunAll<TcpSteps>({"loopback", "two_hosts"}); }

}  // namespace
}  // namespace rondo
