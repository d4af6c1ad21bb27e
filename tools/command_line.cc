#include "rondo/tools/command_line.h"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <iostream>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "rondo/tools/command_flags.h"

namespace rondo {
namespace {

bool AsksForHelp(const std::string& word) {
  return word == "--help" || word == "-h";
}

// Whether there is a question for help before the flags end.
bool AsksForHelp(const std::vector<std::string>& args) {
  for (const std::string& word : args) {
    if (word == "--") return false;
    if (AsksForHelp(word)) return true;
  }
  return false;
}

}  // namespace

CommandLine::CommandLine(std::string program, std::string summary)
    : program_(std::move(program)), summary_(std::move(summary)) {}

void CommandLine::Add(std::unique_ptr<Command> command) {
  commands_.push_back(std::move(command));
}

void CommandLine::SetVersion(std::string version) {
  version_ = std::move(version);
}

Command* CommandLine::Find(const std::string& name) const {
  for (const auto& command : commands_) {
    if (command->name() == name) return command.get();
  }
  return nullptr;
}

std::string CommandLine::Help() const {
  std::string text = program_ + ": " + summary_ + "\n\nusage: " + program_ +
                     " COMMAND [flags] ...\n\ncommands:\n";
  std::size_t width = 0;
  for (const auto& command : commands_) {
    width = std::max(width, command->name().size());
  }
  for (const auto& command : commands_) {
    std::string name = command->name();
    name.resize(width, ' ');
    text += "  " + name + "  " + command->summary() + "\n";
  }
  return text + "\n`" + program_ + " COMMAND --help` says more of one.\n";
}

std::string CommandLine::HelpOf(Command* command) const {
  CommandFlags flags;
  command->Declare(&flags);
  std::string text = "usage: " + program_ + " " + command->name() + " " +
                     flags.Usage() + "\n\n" + command->summary() + "\n\n" +
                     flags.Help();
  if (!command->details().empty()) text += "\n" + command->details();
  return text;
}

int CommandLine::Unknown(const std::string& name, std::ostream& err) const {
  std::vector<std::string> names;
  for (const auto& command : commands_) names.push_back(command->name());
  err << program_ << ": there is no command \"" << name << "\"; there are ";
  for (std::size_t i = 0; i < names.size(); ++i) {
    err << (i == 0 ? "" : ", ") << names[i];
  }
  const std::string nearest = Nearest(name, names);
  if (!nearest.empty()) err << "; did you mean " << nearest << "?";
  err << "\n";
  return kExitUsage;
}

int CommandLine::RunCommand(Command* command,
                            const std::vector<std::string>& args,
                            std::ostream& out, std::ostream& err) {
  if (AsksForHelp(args)) {
    out << HelpOf(command);
    return kExitNothing;
  }
  CommandFlags flags;
  command->Declare(&flags);
  const absl::Status status = flags.Parse(args);
  if (!status.ok()) {
    err << program_ << " " << command->name() << ": " << status.message()
        << "\nusage: " << program_ << " " << command->name() << " "
        << flags.Usage() << "  (--help says more)\n";
    return kExitUsage;
  }
  try {
    const int code = command->Run(out, err);
    out.flush();
    if (out) return code;
    err << program_ << ": the output could not be written\n";
  } catch (const std::exception& error) {
    err << program_ << " " << command->name()
        << ": internal error: " << error.what() << "\n";
  }
  return kExitTrouble;
}

int CommandLine::Run(const std::vector<std::string>& args, std::ostream& out,
                     std::ostream& err) {
  if (args.empty()) {
    err << Help();
    return kExitUsage;
  }
  const std::vector<std::string> rest(args.begin() + 1, args.end());
  if (AsksForHelp(args[0]) || (args[0] == "help" && rest.empty())) {
    out << Help();
    return kExitNothing;
  }
  if (args[0] == "--version" && !version_.empty()) {
    out << program_ << " " << version_ << "\n";
    return kExitNothing;
  }
  const bool help = args[0] == "help";
  Command* command = Find(help ? rest[0] : args[0]);
  if (command == nullptr) return Unknown(help ? rest[0] : args[0], err);
  if (!help) return RunCommand(command, rest, out, err);
  out << HelpOf(command);
  return kExitNothing;
}

int CommandLine::Main(int argc, char** argv) {
  return Run(std::vector<std::string>(argv + 1, argv + argc), std::cout,
             std::cerr);
}

}  // namespace rondo
