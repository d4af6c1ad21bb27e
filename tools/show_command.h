// `rondo show`: prints a trace for people, names resolved.
#ifndef RONDO_TOOLS_SHOW_COMMAND_H_
#define RONDO_TOOLS_SHOW_COMMAND_H_

#include <memory>

#include "rondo/tools/command_line.h"

namespace rondo {

std::unique_ptr<Command> NewShowCommand();

}  // namespace rondo

#endif  // RONDO_TOOLS_SHOW_COMMAND_H_
