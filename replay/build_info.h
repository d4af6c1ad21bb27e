// What the running program was built with, for the header of a trace.
#ifndef RONDO_REPLAY_BUILD_INFO_H_
#define RONDO_REPLAY_BUILD_INFO_H_

#include <cstdint>

#include "rondo/replay/trace.h"

namespace rondo {

// The executable's build id, the compiler, the standard library, the
// architecture.
const TraceBuild& CurrentBuild();

// A digest of it: two programs with the same one are the same program.
std::uint64_t CurrentBuildDigest();

}  // namespace rondo

#endif  // RONDO_REPLAY_BUILD_INFO_H_
