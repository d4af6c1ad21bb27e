// The commands of a scenario program. See scenario_main.cc.
#ifndef RONDO_TOOLS_SCENARIO_COMMANDS_H_
#define RONDO_TOOLS_SCENARIO_COMMANDS_H_

#include <memory>
#include <string>

#include "rondo/tools/command_line.h"

namespace rondo {

// `program` is how the program was called, for commands to paste.
std::unique_ptr<Command> NewListCommand();
std::unique_ptr<Command> NewRunCommand();
std::unique_ptr<Command> NewReplayCommand();
std::unique_ptr<Command> NewExploreCommand(std::string program);
std::unique_ptr<Command> NewShrinkCommand(std::string program);
std::unique_ptr<Command> NewCheckCommand();

}  // namespace rondo

#endif  // RONDO_TOOLS_SCENARIO_COMMANDS_H_
