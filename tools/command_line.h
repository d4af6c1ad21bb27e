// Programs with sub-commands: `rondo diff --json a.jsonl b.jsonl`.
//
//   class DiffCommand final : public rondo::Command {
//    public:
//     std::string name() const override { return "diff"; }
//     std::string summary() const override { return "Compares two traces."; }
//     void Declare(rondo::CommandFlags* flags) override {
//       flags->Add("json", &json_, "print JSON");
//       flags->Argument("A", &a_, "a trace");
//     }
//     int Run(std::ostream& out, std::ostream& err) override;
//     …
//   };
//
//   rondo::CommandLine program("rondo", "Looks at traces.");
//   program.Add(std::make_unique<DiffCommand>());
//   return program.Main(argc, argv);
//
// `--help` (or `-h`, or the command `help`) prints help made from the
// declarations, and exits 0; a wrong command line says what is wrong and what
// there is instead, and exits 2.
#ifndef RONDO_TOOLS_COMMAND_LINE_H_
#define RONDO_TOOLS_COMMAND_LINE_H_

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "rondo/tools/command_flags.h"

namespace rondo {

// What a program exits with.
enum ExitCode : int {
  kExitNothing = 0,         // Nothing found.
  kExitFinding = 1,         // Something was found; traces differ.
  kExitUsage = 2,           // A wrong command line.
  kExitTrouble = 3,         // Input or output, or an internal error.
  kExitNondeterminism = 4,  // Nondeterminism, or something incomplete.
};

// One sub-command. Runs once.
class Command {
 public:
  virtual ~Command() = default;
  virtual std::string name() const = 0;
  // One sentence.
  virtual std::string summary() const = 0;
  // The rest of the help: empty, or whole lines.
  virtual std::string details() const { return ""; }
  virtual void Declare(CommandFlags* flags) = 0;
  // Called once the flags are parsed. Returns the exit code.
  virtual int Run(std::ostream& out, std::ostream& err) = 0;
};

class CommandLine {
 public:
  CommandLine(std::string program, std::string summary);

  void Add(std::unique_ptr<Command> command);
  // What `--version` prints, without the program's name.
  void SetVersion(std::string version);

  // Runs the command that `args` names; the program's own name is not among
  // them. An exception that escapes is reported, and exits 3.
  int Run(const std::vector<std::string>& args, std::ostream& out,
          std::ostream& err);
  // The same for main(), with the standard streams.
  int Main(int argc, char** argv);

 private:
  std::string Help() const;
  std::string HelpOf(Command* command) const;
  Command* Find(const std::string& name) const;
  int RunCommand(Command* command, const std::vector<std::string>& args,
                 std::ostream& out, std::ostream& err);
  int Unknown(const std::string& name, std::ostream& err) const;

  std::string program_;
  std::string summary_;
  std::string version_;
  std::vector<std::unique_ptr<Command>> commands_;
};

}  // namespace rondo

#endif  // RONDO_TOOLS_COMMAND_LINE_H_
