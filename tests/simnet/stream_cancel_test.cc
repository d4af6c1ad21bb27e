// What a cancelled read leaves in the stream.

#include <chrono>
#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "rondo/replay/explorer.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/simnet/scenario.h"

namespace rondo {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr int kPort = 80;
constexpr int kLines = 5;

std::string Line(int i) { return "line " + std::to_string(i) + "\n"; }

Coro<> SendLines(Stream stream) {
  for (int i = 0; i < kLines; ++i) {
    const std::string line = Line(i);
    co_await stream.WriteAll(line);
    co_await Sleep(20ms);
  }
}

Coro<> Serve() {
  Server server = co_await StartServer(SendLines, "", kPort);
  co_await server.ServeForever();
}

// Reads all lines with a reader that is cancelled again and again.
void ReadWithLittlePatience(Simulation& sim) {
  sim.SetLatency(1ms, 8ms);
  sim.AddHost("server", Serve);
  sim.Run([&sim]() -> Coro<> {
    co_await Sleep(1s);  // The server listens by then.
    Stream stream = co_await OpenConnection("server", kPort);
    for (int i = 0; i < kLines;) {
      try {
        const std::string line = co_await WaitFor(stream.ReadUntil('\n'), 7ms);
        if (line != Line(i)) sim.Fail("wrong line", line);
        ++i;
      } catch (const TimeoutError&) {
        // It tries again.
      } catch (const IncompleteReadError&) {
        sim.Fail("lost bytes", "the end came before " + Line(i));
        co_return;
      }
    }
  });
}

TEST(StreamCancelTest, ACancelledReadLosesNothing) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Explorer explorer(MakeRunOnce(ReadWithLittlePatience, {}),
                      {.schedules = 300, .seed = seed, .adversarial = true});
    const absl::StatusOr<ExploreResult> result = explorer.Run();
    ASSERT_TRUE(result.ok());
    for (const Finding& finding : result->findings) {
      ADD_FAILURE() << "seed " << seed << ", run " << finding.run << ": "
                    << finding.outcome.message << "\n"
                    << finding.token;
    }
  }
}

}  // namespace
}  // namespace rondo
