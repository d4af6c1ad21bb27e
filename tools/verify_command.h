// `rondo verify`: checks traces against themselves.
#ifndef RONDO_TOOLS_VERIFY_COMMAND_H_
#define RONDO_TOOLS_VERIFY_COMMAND_H_

#include <memory>

#include "rondo/tools/command_line.h"

namespace rondo {

std::unique_ptr<Command> NewVerifyCommand();

}  // namespace rondo

#endif  // RONDO_TOOLS_VERIFY_COMMAND_H_
