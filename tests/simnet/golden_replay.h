// Replaying the recorded run of a golden scenario.
#ifndef RONDO_TESTS_SIMNET_GOLDEN_REPLAY_H_
#define RONDO_TESTS_SIMNET_GOLDEN_REPLAY_H_

#include <string>

#include "rondo/replay/trace.h"

namespace rondo {

// Makes the recorded run again from its decisions alone. Empty: it is the same
// one, record by record; otherwise how it differs.
std::string ReplayGolden(const Trace& recorded);

}  // namespace rondo

#endif  // RONDO_TESTS_SIMNET_GOLDEN_REPLAY_H_
