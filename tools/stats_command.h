// `rondo stats`: counts what is in a trace.
#ifndef RONDO_TOOLS_STATS_COMMAND_H_
#define RONDO_TOOLS_STATS_COMMAND_H_

#include <memory>

#include "rondo/tools/command_line.h"

namespace rondo {

std::unique_ptr<Command> NewStatsCommand();

}  // namespace rondo

#endif  // RONDO_TOOLS_STATS_COMMAND_H_
