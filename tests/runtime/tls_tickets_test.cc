// Connections that resume one another, and the log of their keys.
#include "rondo/runtime/tls_tickets.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/tls.h"
#include "rondo/simnet/simulate.h"
#include "rondo/tests/runtime/tls_fixtures.h"

namespace rondo {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using namespace std::string_literals;

std::uint16_t PortOf(const Server& server) {
  return server.addresses().at(0).port();
}

// Says whether it has resumed the connection.
Coro<> SayWhetherResumed(Stream stream) {
  stream.Write(TlsInfoOf(stream)->resumed ? "yes\n"s : "no\n"s);
  stream.Close();
  co_await stream.WaitClosed();
}

// Connects, reads to the end, and says whether both ends have resumed.
Coro<bool> IsResumed(std::uint16_t port, TlsOptions tls) {
  Stream stream = co_await OpenConnection("127.0.0.1", port, std::move(tls));
  const bool resumed = TlsInfoOf(stream)->resumed;
  EXPECT_EQ(co_await stream.ReadAll(), resumed ? "yes\n" : "no\n");
  EXPECT_EQ(TlsInfoOf(stream)->peer_subject, "CN = localhost");
  stream.Close();
  co_await stream.WaitClosed();
  co_return resumed;
}

TlsOptions WithTickets() {
  TlsOptions tls = ClientTls();
  tls.tickets = std::make_shared<TlsTickets>();
  return tls;
}

TEST(TlsTicketsTest, ASecondConnectionResumesTheFirst) {
  for (const TlsVersion version : {TlsVersion::kTls12, TlsVersion::kTls13}) {
    rondo::Run([version]() -> Coro<> {
      TlsSettings settings = ServerSettings();
      settings.max_version = version;
      Server server = co_await StartServer(SayWhetherResumed, "127.0.0.1", 0,
                                           ServerTls(settings));
      TlsOptions tls = WithTickets();
      EXPECT_FALSE(co_await IsResumed(PortOf(server), tls));
      EXPECT_GE(tls.tickets->size(), 1u);
      EXPECT_TRUE(co_await IsResumed(PortOf(server), tls));
      EXPECT_TRUE(co_await IsResumed(PortOf(server), tls));
      tls.tickets->Clear();
      EXPECT_FALSE(co_await IsResumed(PortOf(server), tls));
      tls.tickets.reset();
      EXPECT_FALSE(co_await IsResumed(PortOf(server), tls));
    });
  }
}

TEST(TlsTicketsTest, ATicketIsOfOneContextAndOneName) {
  rondo::Run([]() -> Coro<> {
    Server server =
        co_await StartServer(SayWhetherResumed, "127.0.0.1", 0, ServerTls());
    TlsOptions tls = WithTickets();
    EXPECT_FALSE(co_await IsResumed(PortOf(server), tls));
    TlsOptions other_name = tls;
    other_name.server_hostname = "localhost";
    EXPECT_FALSE(co_await IsResumed(PortOf(server), other_name));
    TlsOptions other_context = ClientTls();
    other_context.tickets = tls.tickets;
    EXPECT_FALSE(co_await IsResumed(PortOf(server), other_context));
    EXPECT_TRUE(co_await IsResumed(PortOf(server), tls));
  });
}

TEST(TlsTicketsTest, WhatAServerDoesNotKnowIsRefusedQuietly) {
  rondo::Run([]() -> Coro<> {
    TlsOptions tls = WithTickets();
    for (int i = 0; i < 2; ++i) {
      Server server = co_await StartServer(SayWhetherResumed, "127.0.0.1", 0,
                                           ServerTls());  // Has new keys.
      EXPECT_FALSE(co_await IsResumed(PortOf(server), tls));
      EXPECT_GE(tls.tickets->size(), 1u);
    }
  });
}

TEST(TlsTicketsTest, TheOldestGoesAndTheNewestIsTaken) {
  EXPECT_THROW(TlsTickets(0), ValueError);
  TlsTickets tickets(2);
  const auto context = TlsContext::Client();
  for (const std::string name : {"a", "b", "b"}) {
    internal::SslSessionHandle session(SSL_SESSION_new());
    SSL_SESSION_set_protocol_version(session.get(), TLS1_3_VERSION);
    tickets.Put(context, name, std::move(session));
  }
  EXPECT_EQ(tickets.size(), 2u);
  EXPECT_EQ(tickets.Take(context.get(), "a"), nullptr);
  EXPECT_NE(tickets.Take(context.get(), "b"), nullptr);
  EXPECT_NE(tickets.Take(context.get(), "b"), nullptr);
  EXPECT_EQ(tickets.Take(context.get(), "b"), nullptr);
}

TEST(TlsTicketsTest, ThereAreNoneInASimulation) {
  Simulate([]() -> Coro<> {
    Server server =
        co_await StartServer(SayWhetherResumed, "127.0.0.1", 0, ServerTls());
    TlsOptions tls = WithTickets();
    for (int i = 0; i < 2; ++i) {
      EXPECT_FALSE(co_await IsResumed(PortOf(server), tls));
      EXPECT_EQ(tls.tickets->size(), 0u);
    }
  });
}

// ---- Keys

std::string ContentsOf(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// A path in which there is nothing yet.
std::string FreshPath(const std::string& name) {
  const std::string path = testing::TempDir() + name;
  std::remove(path.c_str());
  return path;
}

Coro<> ConnectOnce(TlsOptions client) {
  Server server =
      co_await StartServer(SayWhetherResumed, "127.0.0.1", 0, ServerTls());
  co_await IsResumed(PortOf(server), std::move(client));
}

TEST(TlsKeyLogTest, HoldsTheKeysOfRealConnections) {
  TlsSettings settings = ClientSettings();
  settings.key_log_file = FreshPath("keys");
  Simulate(ConnectOnce(ClientTls(settings)));
  EXPECT_EQ(ContentsOf(settings.key_log_file), "");
  settings.max_version = TlsVersion::kTls12;
  rondo::Run(ConnectOnce(ClientTls(settings)));
  EXPECT_THAT(ContentsOf(settings.key_log_file), StartsWith("CLIENT_RANDOM "));
  settings.max_version.reset();
  rondo::Run(ConnectOnce(ClientTls(settings)));
  EXPECT_THAT(ContentsOf(settings.key_log_file),
              HasSubstr("\nCLIENT_TRAFFIC_SECRET_0 "));
}

TEST(TlsKeyLogTest, IsWhatTheEnvironmentSays) {
  const std::string path = FreshPath("environments_keys");
  setenv("SSLKEYLOGFILE", path.c_str(), /*overwrite=*/1);
  const TlsOptions tls = ClientTls();
  unsetenv("SSLKEYLOGFILE");
  rondo::Run(ConnectOnce(tls));
  EXPECT_THAT(ContentsOf(path), HasSubstr("SERVER_TRAFFIC_SECRET_0 "));
}

TEST(TlsKeyLogTest, NamesAFileThatCannotBeWritten) {
  TlsSettings settings;
  settings.key_log_file = "/nowhere/keys";
  try {
    TlsContext::Client(settings);
    ADD_FAILURE();
  } catch (const std::system_error& error) {
    EXPECT_STREQ(error.what(),
                 "cannot log the keys of TLS to /nowhere/keys: "
                 "No such file or directory");
  }
}

}  // namespace
}  // namespace rondo
