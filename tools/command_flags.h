// The flags and arguments of one command: declared, parsed, explained.
//
//   rondo::CommandFlags flags;
//   flags.Add("limit", &limit, "show at most so many").AtLeast(0);
//   flags.Add("seed", &seed, "of the first run").Env("RONDO_SEED");
//   flags.Argument("FILE", &file, "a trace");
//   absl::Status status = flags.Parse({"--limit=3", "run.jsonl"});
//
// A flag is `--name=value` or `--name value`; one of type bool is `--name`,
// `--no-name` or `--name=false`. `_` in a name is the same as `-`. Flags may
// stand after arguments; `--` ends them; "-" is an argument.
//
// Thread-safety: none.
#ifndef RONDO_TOOLS_COMMAND_FLAGS_H_
#define RONDO_TOOLS_COMMAND_FLAGS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "rondo/runtime/clock.h"

namespace rondo {

// The declaration of a flag. The functions make it narrower.
struct CommandFlag {
  // An environment variable that stands in when the flag is not given; an
  // empty one counts as none.
  CommandFlag& Env(std::string variable);
  // The only values that are allowed.
  CommandFlag& OneOf(std::vector<std::string> values);
  // The least value of a signed number.
  CommandFlag& AtLeast(std::int64_t low);
  // What stands for the value in the help: "N".
  CommandFlag& Placeholder(std::string text);

  std::string name;
  std::string help;
  std::string placeholder;           // Empty: a bool.
  std::string default_text;          // Empty: nothing to say.
  std::string env;                   // Empty: none.
  std::vector<std::string> allowed;  // Empty: all.
  std::optional<std::int64_t> least;
  bool is_list = false;
  bool default_true = false;  // A bool: `--no-name` is the use of it.
  bool given = false;
  std::function<absl::Status(const std::string&)> set;
};

class CommandFlags {
 public:
  CommandFlags() = default;
  CommandFlags(const CommandFlags&) = delete;
  CommandFlags& operator=(const CommandFlags&) = delete;

  // Declares `--name`. `*value` holds the default, and must outlive this.
  CommandFlag& Add(std::string name, bool* value, std::string help);
  CommandFlag& Add(std::string name, std::string* value, std::string help);
  CommandFlag& Add(std::string name, std::int64_t* value, std::string help);
  CommandFlag& Add(std::string name, std::optional<std::int64_t>* value,
                   std::string help);
  // Decimal, or hexadecimal after "0x".
  CommandFlag& Add(std::string name, std::uint64_t* value, std::string help);
  // "250ms", "1.5s", "2m"; units ns, us, ms, s, m, h, without one s.
  CommandFlag& Add(std::string name, std::optional<Nanoseconds>* value,
                   std::string help);
  // May be given repeatedly, and as "a,b".
  CommandFlag& Add(std::string name, std::vector<std::string>* value,
                   std::string help);

  // Declares an argument that must be given, in this order.
  void Argument(std::string name, std::string* value, std::string help);
  // Declares one that may follow them.
  void OptionalArgument(std::string name, std::string* value, std::string help);
  // Declares all that may follow them. REQUIRES: no optional one.
  void Arguments(std::string name, std::vector<std::string>* values,
                 std::string help);

  // Errors: InvalidArgument with a sentence on what is wrong and what there
  // is instead.
  absl::Status Parse(const std::vector<std::string>& args);

  // "[flags] A B [FILE...]".
  std::string Usage() const;
  // A line for each argument, and one for each flag, of 80 columns at most.
  std::string Help() const;

 private:
  struct Positional {
    std::string name;
    std::string help;
    std::string* value = nullptr;
    bool optional = false;
  };

  CommandFlag& Declare(std::string name, std::string help,
                       std::string placeholder);
  CommandFlag* Find(const std::string& name) const;
  // Parses the flag at `args[*at]` and moves `*at` to its last word.
  absl::Status ParseFlag(const std::vector<std::string>& args, std::size_t* at);
  absl::Status ParseArguments(const std::vector<std::string>& words);
  absl::Status ReadEnvironment();
  absl::Status Unknown(const std::string& name) const;

  std::vector<std::unique_ptr<CommandFlag>> flags_;
  std::vector<Positional> positionals_;
  Positional rest_;
  std::vector<std::string>* rest_values_ = nullptr;
};

// The one of `names` that `word` is probably meant to be; empty if none is.
std::string Nearest(const std::string& word,
                    const std::vector<std::string>& names);

}  // namespace rondo

#endif  // RONDO_TOOLS_COMMAND_FLAGS_H_
