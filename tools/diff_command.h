// `rondo diff`: explains how two traces differ.
#ifndef RONDO_TOOLS_DIFF_COMMAND_H_
#define RONDO_TOOLS_DIFF_COMMAND_H_

#include <memory>

#include "rondo/tools/command_line.h"

namespace rondo {

std::unique_ptr<Command> NewDiffCommand();

}  // namespace rondo

#endif  // RONDO_TOOLS_DIFF_COMMAND_H_
