// The same test over the kernel's sockets and over simulated ones.
//
//   class EchoTest : public testing::TestWithParam<World> {};
//   TEST_P(EchoTest, ...) { RunIn(GetParam(), [&]() -> Coro<> { ... }); }
#ifndef RONDO_TESTS_RUNTIME_WORLDS_H_
#define RONDO_TESTS_RUNTIME_WORLDS_H_

#include <string>

#include "gtest/gtest.h"
#include "rondo/runtime/run.h"
#include "rondo/simnet/simulate.h"

namespace rondo {

enum class World { kReal, kSimulated };

inline std::string WorldName(const testing::TestParamInfo<World>& info) {
  return info.param == World::kReal ? "Real" : "Simulated";
}

// Runs what `function` returns, a Coro, to its end; `function` lives on.
template <class F>
auto RunIn(World world, F function) {
  return world == World::kReal ? Run(function()) : Simulate(function());
}

}  // namespace rondo

#endif  // RONDO_TESTS_RUNTIME_WORLDS_H_
