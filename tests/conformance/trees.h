// The random programs of traces/asyncio/trees.txt, run on rondo.
#ifndef RONDO_TESTS_CONFORMANCE_TREES_H_
#define RONDO_TESTS_CONFORMANCE_TREES_H_

#include <string>
#include <string_view>
#include <vector>

namespace rondo::conformance {

// A program, and what CPython wrote.
struct Tree {
  std::string program;  // JSON, as traces/asyncio/trees.py says.
  std::vector<std::string> lines;
};

std::vector<Tree> ReadTrees(std::string_view path);

// What rondo writes.
std::vector<std::string> RunTree(const Tree& tree);

}  // namespace rondo::conformance

#endif  // RONDO_TESTS_CONFORMANCE_TREES_H_
