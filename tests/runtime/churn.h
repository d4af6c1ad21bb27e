// Churn: many clients that come and go in every way there is, at a server that
// gives back what it gets, and an account of every byte. The same in the real
// world and in a simulation.
//
//   rondo::Churn churn(seed, 1000);
//   rondo::Server server = co_await churn.Listen("127.0.0.1", 0);
//   co_await churn.RunClients("127.0.0.1", port);
//   EXPECT_EQ(churn.Wrong(), "");
#ifndef RONDO_TESTS_RUNTIME_CHURN_H_
#define RONDO_TESTS_RUNTIME_CHURN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "rondo/runtime/barrier.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/seeded_random.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/task.h"

namespace rondo {

class Churn {
 public:
  Churn(std::uint64_t seed, std::size_t clients);
  Churn(const Churn&) = delete;
  Churn& operator=(const Churn&) = delete;

  Coro<Server> Listen(std::string host, std::uint16_t port);
  // Connects all clients, and when the last has come, has them talk. Returns
  // when all are gone; the server may learn of that later. Once only.
  Coro<> RunClients(std::string host, std::uint16_t port);
  // A client that behaves. Throws: if the server does not.
  Coro<> Probe(std::string host, std::uint16_t port);

  // Once the server's connections are gone too: what does not add up, a line
  // each.
  std::string Wrong() const;
  // How many clients did what, and the bytes, on one line.
  std::string Summary() const;

 private:
  // What a client does in the end.
  enum class Way {
    kCloses,      // When it has heard all that it has said.
    kHalfCloses,  // And hears the rest.
    kResets,      // With SO_LINGER 0, while bytes are under way.
    kLeaves,      // Closes, with bytes that it has not read.
    kIsCancelled  // In the middle of a message.
  };
  static constexpr std::size_t kWays = 5;

  // Of a client: its bytes, in the order of their way.
  struct Account {
    Way way = Way::kCloses;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;  // By the server.
    std::uint64_t returned = 0;  // By the server.
    std::uint64_t acknowledged = 0;
    // Whom to cancel when so many bytes are acknowledged; empty: nobody.
    Task<> talk;
    std::uint64_t cancel_at = 0;
    std::string wrong;
  };

  Coro<> Echo(Stream stream);
  Coro<> EchoAll(Stream& stream);
  Coro<> Client(std::size_t id, std::string host, std::uint16_t port);
  Coro<> Talk(std::size_t id, Stream& stream);
  Coro<> TalkOn(std::size_t id, Stream& stream);
  Coro<> BeCancelled(std::size_t id, Stream& stream);
  Coro<> Leave(std::size_t id, Stream& stream);
  Coro<> Say(std::size_t id, Stream& stream, std::size_t n);
  Coro<> Hear(std::size_t id, Stream& stream, std::size_t n);

  const std::uint64_t seed_;
  std::vector<Account> accounts_;  // By a client's number; the last: Probe's.
  std::vector<SeededRandom> randoms_;
  Barrier all_here_;
  std::uint64_t broken_ = 0;  // Connections that the server has lost.
};

}  // namespace rondo

#endif  // RONDO_TESTS_RUNTIME_CHURN_H_
