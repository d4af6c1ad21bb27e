// Connected sockets for the network's rows, the same for everybody measured:
// both ends in this process, non-blocking, TCP without Nagle's algorithm.
#ifndef RONDO_TESTS_BENCHMARKS_SOCKET_PAIRS_H_
#define RONDO_TESTS_BENCHMARKS_SOCKET_PAIRS_H_

#include <cstddef>
#include <cstdint>

namespace rondo::benchmarks {

enum class Wire { kTcp, kUnix, kUdp };

struct Ends {
  int client;
  int server;
};

// Ends the process if the system refuses.
Ends ConnectEnds(Wire wire);

// What an echo row sends, and how many times over each of `connections`.
inline constexpr std::size_t kEchoBytes = 64;
std::int64_t EchoesEach(int connections);

// What a bulk row writes at a time, and in all.
inline constexpr std::size_t kBlock = 64 * 1024;
std::int64_t BulkBytes();
std::int64_t TlsBulkBytes();

// How many connections a connect row makes, over so many clients at a time.
inline constexpr int kConnectors = 8;
std::int64_t ConnectionsEach();

}  // namespace rondo::benchmarks

#endif  // RONDO_TESTS_BENCHMARKS_SOCKET_PAIRS_H_
