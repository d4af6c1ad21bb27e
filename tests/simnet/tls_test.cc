// TLS in a simulation: the same seed is the same run, to the bytes on the wire.
#include "rondo/runtime/tls.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/tls_fixtures.h"
#include "rondo/tests/support/run_twice.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

// Source: Fowler, Noll, Vo, FNV-1a.
std::uint64_t HashOf(const std::string& bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return hash;
}

// Passes on what it reads, and puts a hash of it out.
Coro<> Forward(Simulation& sim, std::string name, Stream& from, Stream& to) {
  for (;;) {
    const std::string bytes = co_await from.Read(65536);
    sim.Output(name + " " + std::to_string(bytes.size()) + " " +
               std::to_string(HashOf(bytes)));
    if (bytes.empty()) break;
    co_await to.WriteAll(bytes);
  }
  to.WriteEof();
}

// A host that everything between client and server goes through.
Coro<> Tap(Simulation& sim, const char* server) {
  ConnectionHandler relay = [&sim, server](Stream client) -> Coro<> {
    Stream other = co_await OpenConnection(server, 443);
    Task<> back = CreateTask(Forward(sim, "server", other, client));
    co_await Forward(sim, "client", client, other);
    co_await back;
  };
  Server listening = co_await StartServer(relay, "", 443);
  co_await listening.ServeForever();
}

Coro<> Serve(TlsOptions tls) {
  ConnectionHandler echo = [](Stream stream) -> Coro<> {
    const std::string line = co_await stream.ReadLine();
    co_await stream.WriteAll(line);
    stream.Close();
    co_await stream.WaitClosed();
  };
  Server server = co_await StartServer(echo, "", 443, std::move(tls));
  co_await server.ServeForever();
}

TlsOptions ServerOf(TestKey kind, TlsVersion version) {
  const TestIdentity identity = Authority().Issue({"server"}, {}, kind);
  TlsSettings settings;
  settings.certificate_pem = identity.certificate;
  settings.key_pem = identity.key;
  settings.max_version = version;
  return ServerTls(settings);
}

// Some exchanges through the tap.
Scenario Exchange(TlsOptions server_tls, TlsOptions client_tls) {
  client_tls.server_hostname = "server";
  return [server_tls, client_tls](Simulation& sim) {
    sim.AddHost("server", [server_tls] { return Serve(server_tls); });
    sim.AddHost("tap", [&sim] { return Tap(sim, "server"); });
    sim.Run([&]() -> Coro<> {
      for (int i = 0; i < 3; ++i) {
        co_await Sleep(1s);
        Stream stream = co_await OpenConnection("tap", 443, client_tls);
        co_await stream.WriteAll("hello\n"s);
        EXPECT_EQ(co_await stream.ReadLine(), "hello\n");
        stream.Close();
        co_await stream.WaitClosed();
        sim.Output(TlsInfoOf(stream)->cipher);
      }
    });
  };
}

class SimulatedTlsTest : public testing::TestWithParam<TestKey> {};

INSTANTIATE_TEST_SUITE_P(Keys, SimulatedTlsTest,
                         testing::Values(TestKey::kEc, TestKey::kRsa));

// The contexts are shared by all runs: what a key remembers must not show.
TEST_P(SimulatedTlsTest, TheSameSeedIsTheSameWire) {
  for (const TlsVersion version : {TlsVersion::kTls12, TlsVersion::kTls13}) {
    const Scenario scenario =
        Exchange(ServerOf(GetParam(), version), ClientTls());
    const RecordedRun first = RunTwice(scenario);
    EXPECT_TRUE(first.outcome.passed()) << first.outcome.message;
    EXPECT_GT(first.outputs().size(), 20u);
    const RecordedRun again = RunTwice(scenario);
    EXPECT_EQ(first.text, again.text);
  }
}

TEST_P(SimulatedTlsTest, AnotherSeedIsAnotherWire) {
  const Scenario scenario =
      Exchange(ServerOf(GetParam(), TlsVersion::kTls13), ClientTls());
  const RecordedRun first = RecordRun(scenario);
  ExecuteOptions options;
  options.simulation.seed = 2;
  const RecordedRun second = RecordRun(scenario, options);
  ASSERT_TRUE(second.outcome.passed()) << second.outcome.message;
  EXPECT_NE(first.outputs(), second.outputs());
}

TEST(TlsCrashTest, ACrashedServersConnectionsAreGone) {
  const TlsOptions tls = ServerOf(TestKey::kEc, TlsVersion::kTls13);
  RunTwice([tls](Simulation& sim) {
    sim.AddHost("server", [tls] { return Serve(tls); });
    sim.Run([&]() -> Coro<> {
      Stream stream = co_await OpenConnection("server", 443, ClientTls());
      sim.host("server").Crash();
      sim.host("server").Restart();
      co_await Sleep(1s);
      stream.Write("hello\n"s);
      const Outcome<std::string> read = co_await AsOutcome(stream.ReadLine());
      EXPECT_TRUE(IsException<std::system_error>(read.exception()));
      Stream again = co_await OpenConnection("server", 443, ClientTls());
      co_await again.WriteAll("hello\n"s);
      EXPECT_EQ(co_await again.ReadLine(), "hello\n");
    });
  });
}

}  // namespace
}  // namespace rondo
