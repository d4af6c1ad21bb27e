// The random programs of traces/asyncio/mixes.txt, run on rondo.
#ifndef RONDO_TESTS_CONFORMANCE_MIXES_H_
#define RONDO_TESTS_CONFORMANCE_MIXES_H_

#include <string>
#include <string_view>
#include <vector>

namespace rondo::conformance {

// As traces/asyncio/mixes.py says.
struct MixOperation {
  std::string name;
  std::size_t which = 0;
  int argument = 0;
};

struct MixTask {
  bool leaves = false;  // Ends when cancelled.
  std::vector<MixOperation> todo;
};

// A program, and what CPython wrote.
struct Mix {
  std::string name;
  std::vector<MixTask> tasks;
  std::vector<std::string> lines;
};

std::vector<Mix> ReadMixes(std::string_view path);

// What rondo writes.
std::vector<std::string> RunMix(const Mix& mix);

}  // namespace rondo::conformance

#endif  // RONDO_TESTS_CONFORMANCE_MIXES_H_
