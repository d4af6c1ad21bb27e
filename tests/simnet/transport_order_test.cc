// What a transport promises its protocol holds in every order of the loop's
// handles: ConnectionMade first, ConnectionLost last, each once.

#include <chrono>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <system_error>

#include "gtest/gtest.h"
#include "rondo/runtime/connections.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/transport.h"
#include "rondo/simnet/explore.h"
#include "rondo/simnet/simulation.h"
#include "rondo/simnet/testing.h"

namespace rondo {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// Notes what it is told in a word of letters.
class Witness : public Protocol {
 public:
  explicit Witness(std::string* told) : told_(told) {}
  void ConnectionMade(std::shared_ptr<Transport>) override { *told_ += 'M'; }
  void DataReceived(std::span<const char>) override { *told_ += 'D'; }
  void ConnectionLost(std::exception_ptr) override { *told_ += 'L'; }

 private:
  std::string* told_;
};

// The server closes while a client comes, and the client's transport is aborted
// as soon as there is one. Counts the runs in which both had a transport.
void ConnectAndAbort(Simulation& sim, int* met) {
  sim.SetLatency(1ms, 8ms);
  std::string server_told;
  std::string client_told;
  sim.AddHost("server", [&server_told]() -> Coro<> {
    const auto factory = [&server_told] {
      return std::make_shared<Witness>(&server_told);
    };
    Server server = co_await CreateServer(factory, "", 80);
    co_await Sleep(106ms);
    server.Close();
    server.CloseClients();
    co_await Sleep(1s);
  });
  sim.Run([&]() -> Coro<> {
    co_await Sleep(100ms);  // The server listens by then.
    const auto factory = [&client_told] {
      return std::make_shared<Witness>(&client_told);
    };
    try {
      const Connection connection =
          co_await CreateConnection(factory, "server", 80);
      connection.transport->Abort();
    } catch (const std::system_error&) {
      // Turned away.
    }
    co_await Sleep(2s);
  });
  if (server_told == "ML" && client_told == "ML") ++*met;
  for (const std::string& told : {server_told, client_told}) {
    if (told != "" && told != "ML") sim.Fail("told " + told);
  }
}

TEST(TransportOrderTest, TheBeginningIsToldFirstAndTheEndLastInEveryOrder) {
  for (const bool adversarial : {false, true}) {
    int met = 0;
    const ExploreReport report =
        Explore([&met](Simulation& sim) { ConnectAndAbort(sim, &met); },
                {.schedules = 500, .seed = 7, .adversarial = adversarial});
    EXPECT_THAT(report, NeverFailed());
    EXPECT_GT(met, 0);
  }
}

}  // namespace
}  // namespace rondo
