#include "rondo/tools/command_flags.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "rondo/replay/flag_values.h"
#include "rondo/runtime/clock.h"

namespace rondo {
namespace {

absl::StatusOr<std::int64_t> ParseAtLeast(std::optional<std::int64_t> least,
                                          const std::string& text) {
  absl::StatusOr<std::int64_t> number = ParseInteger(text);
  if (number.ok() && least.has_value() && *number < *least) {
    return Expected(absl::StrCat("at least ", *least), text);
  }
  return number;
}

std::string Dashed(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

// Optimal string alignment: how many letters to change, swap, add, remove.
std::size_t Distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> d(
      a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t other = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] =
          std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + other});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string Nearest(const std::string& word,
                    const std::vector<std::string>& names) {
  std::string nearest;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& name : names) {
    const std::size_t distance = Distance(word, name);
    if (distance < least) {
      least = distance;
      nearest = name;
    }
  }
  return nearest;
}

CommandFlag& CommandFlag::Env(std::string variable) {
  env = std::move(variable);
  return *this;
}

CommandFlag& CommandFlag::OneOf(std::vector<std::string> values) {
  allowed = std::move(values);
  return *this;
}

CommandFlag& CommandFlag::AtLeast(std::int64_t low) {
  least = low;
  return *this;
}

CommandFlag& CommandFlag::Placeholder(std::string text) {
  placeholder = std::move(text);
  return *this;
}

CommandFlag& CommandFlags::Declare(std::string name, std::string help,
                                   std::string placeholder) {
  flags_.push_back(std::make_unique<CommandFlag>());
  CommandFlag& flag = *flags_.back();
  flag.name = std::move(name);
  flag.help = std::move(help);
  flag.placeholder = std::move(placeholder);
  return flag;
}

CommandFlag& CommandFlags::Add(std::string name, bool* value,
                               std::string help) {
  CommandFlag& flag = Declare(std::move(name), std::move(help), "");
  flag.default_true = *value;
  flag.set = [value](const std::string& text) {
    return Keep(ParseBool(text), value);
  };
  return flag;
}

CommandFlag& CommandFlags::Add(std::string name, std::string* value,
                               std::string help) {
  CommandFlag& flag = Declare(std::move(name), std::move(help), "TEXT");
  flag.default_text = *value;
  flag.set = [value](const std::string& text) {
    *value = text;
    return absl::OkStatus();
  };
  return flag;
}

CommandFlag& CommandFlags::Add(std::string name, std::int64_t* value,
                               std::string help) {
  CommandFlag& flag = Declare(std::move(name), std::move(help), "N");
  flag.default_text = absl::StrCat(*value);
  flag.set = [value, &flag](const std::string& text) {
    return Keep(ParseAtLeast(flag.least, text), value);
  };
  return flag;
}

CommandFlag& CommandFlags::Add(std::string name,
                               std::optional<std::int64_t>* value,
                               std::string help) {
  CommandFlag& flag = Declare(std::move(name), std::move(help), "N");
  flag.set = [value, &flag](const std::string& text) {
    return Keep(ParseAtLeast(flag.least, text), value);
  };
  return flag;
}

CommandFlag& CommandFlags::Add(std::string name, std::uint64_t* value,
                               std::string help) {
  CommandFlag& flag = Declare(std::move(name), std::move(help), "N");
  flag.default_text = absl::StrCat(*value);
  flag.set = [value](const std::string& text) {
    return Keep(ParseUnsigned(text), value);
  };
  return flag;
}

CommandFlag& CommandFlags::Add(std::string name,
                               std::optional<Nanoseconds>* value,
                               std::string help) {
  CommandFlag& flag = Declare(std::move(name), std::move(help), "TIME");
  flag.set = [value](const std::string& text) {
    return Keep(ParseDuration(text), value);
  };
  return flag;
}

CommandFlag& CommandFlags::Add(std::string name,
                               std::vector<std::string>* value,
                               std::string help) {
  CommandFlag& flag = Declare(std::move(name), std::move(help), "TEXT,...");
  flag.is_list = true;
  flag.set = [value](const std::string& text) {
    value->push_back(text);
    return absl::OkStatus();
  };
  return flag;
}

void CommandFlags::Argument(std::string name, std::string* value,
                            std::string help) {
  positionals_.push_back({std::move(name), std::move(help), value});
}

void CommandFlags::OptionalArgument(std::string name, std::string* value,
                                    std::string help) {
  positionals_.push_back({std::move(name), std::move(help), value, true});
}

void CommandFlags::Arguments(std::string name, std::vector<std::string>* values,
                             std::string help) {
  rest_ = {std::move(name), std::move(help), nullptr};
  rest_values_ = values;
}

CommandFlag* CommandFlags::Find(const std::string& name) const {
  for (const auto& flag : flags_) {
    if (flag->name == name) return flag.get();
  }
  return nullptr;
}

absl::Status CommandFlags::Unknown(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& flag : flags_) names.push_back(flag->name);
  names.push_back("help");
  std::string text = absl::StrCat("there is no flag --", name);
  const std::string nearest = Nearest(name, names);
  if (!nearest.empty()) {
    absl::StrAppend(&text, "; did you mean --", nearest, "?");
  } else {
    absl::StrAppend(&text, "; there are --", absl::StrJoin(names, ", --"));
  }
  return absl::InvalidArgumentError(text);
}

namespace {

// Checks `text` and hands it to the flag; `name` is for errors.
absl::Status SetValue(CommandFlag* flag, const std::string& name,
                      const std::string& text) {
  std::vector<std::string> values = {text};
  if (flag->is_list) values = absl::StrSplit(text, ',');
  for (const std::string& value : values) {
    absl::Status status = absl::OkStatus();
    const std::vector<std::string>& allowed = flag->allowed;
    if (!allowed.empty() &&
        std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
      status = Expected(absl::StrCat("one of ", absl::StrJoin(allowed, ", ")),
                        value);
    } else {
      status = flag->set(value);
    }
    if (!status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": ", std::string(status.message())));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CommandFlags::ParseFlag(const std::vector<std::string>& args,
                                     std::size_t* at) {
  const std::string& word = args[*at];
  const std::size_t equals = std::min(word.find('='), word.size());
  const std::string name = Dashed(word.substr(2, equals - 2));
  std::optional<std::string> value;
  if (equals < word.size()) value = word.substr(equals + 1);
  CommandFlag* flag = Find(name);
  if (flag == nullptr && name.rfind("no-", 0) == 0 && !value.has_value()) {
    flag = Find(name.substr(3));
    if (flag != nullptr && !flag->placeholder.empty()) flag = nullptr;
    value = "false";
  }
  if (flag == nullptr) return Unknown(name);
  if (flag->given && !flag->is_list) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", flag->name, " is given twice"));
  }
  flag->given = true;
  if (!value.has_value() && flag->placeholder.empty()) value = "true";
  if (!value.has_value() && ++*at < args.size()) value = args[*at];
  if (!value.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", flag->name, " needs a value: --", flag->name, "=",
                     flag->placeholder));
  }
  return SetValue(flag, absl::StrCat("--", flag->name), *value);
}

absl::Status CommandFlags::ReadEnvironment() {
  for (const auto& flag : flags_) {
    if (flag->given || flag->env.empty()) continue;
    const char* value = std::getenv(flag->env.c_str());
    if (value == nullptr || *value == '\0') continue;
    absl::Status status = SetValue(
        flag.get(), absl::StrCat("environment variable ", flag->env), value);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CommandFlags::ParseArguments(
    const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < positionals_.size(); ++i) {
    if (i >= words.size()) {
      if (positionals_[i].optional) break;
      return absl::InvalidArgumentError(
          absl::StrCat("argument ", positionals_[i].name, " is missing"));
    }
    *positionals_[i].value = words[i];
  }
  for (std::size_t i = positionals_.size(); i < words.size(); ++i) {
    if (rest_values_ == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("argument \"", words[i], "\" is one too many"));
    }
    rest_values_->push_back(words[i]);
  }
  return absl::OkStatus();
}

absl::Status CommandFlags::Parse(const std::vector<std::string>& args) {
  std::vector<std::string> words;
  bool flags_ended = false;
  for (std::size_t at = 0; at < args.size(); ++at) {
    const std::string& word = args[at];
    if (flags_ended || word.size() < 2 || word[0] != '-') {
      words.push_back(word);
    } else if (word == "--") {
      flags_ended = true;
    } else if (word[1] != '-') {
      return Unknown(word.substr(1));
    } else {
      absl::Status status = ParseFlag(args, &at);
      if (!status.ok()) return status;
    }
  }
  absl::Status status = ReadEnvironment();
  if (!status.ok()) return status;
  return ParseArguments(words);
}

std::string CommandFlags::Usage() const {
  std::string usage = "[flags]";
  for (const Positional& p : positionals_) {
    absl::StrAppend(&usage, p.optional ? " [" : " ", p.name,
                    p.optional ? "]" : "");
  }
  if (rest_values_ != nullptr) {
    absl::StrAppend(&usage, " [", rest_.name, "...]");
  }
  return usage;
}

namespace {

constexpr std::size_t kColumns = 80;

// `text` in lines that end before kColumns, the first beginning at `column`
// and the others filled up to it.
std::string Wrapped(const std::string& text, std::size_t column) {
  std::string result;
  std::size_t at = column;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    if (at > column && at + 1 + word.size() > kColumns) {
      absl::StrAppend(&result, "\n", std::string(column, ' '));
      at = column;
    } else if (at > column) {
      result += ' ';
      ++at;
    }
    absl::StrAppend(&result, word);
    at += word.size();
  }
  return result;
}

}  // namespace

std::string CommandFlags::Help() const {
  std::vector<std::pair<std::string, std::string>> lines;
  for (const Positional& p : positionals_) lines.emplace_back(p.name, p.help);
  if (rest_values_ != nullptr) lines.emplace_back(rest_.name, rest_.help);
  for (const auto& flag : flags_) {
    std::string left =
        absl::StrCat(flag->default_true ? "--[no-]" : "--", flag->name);
    if (!flag->placeholder.empty()) {
      absl::StrAppend(&left, "=", flag->placeholder);
    }
    std::string right = flag->help;
    if (!flag->allowed.empty()) {
      absl::StrAppend(&right, ": ", absl::StrJoin(flag->allowed, ", "));
    }
    if (!flag->default_text.empty()) {
      absl::StrAppend(&right, " (default ", flag->default_text, ")");
    }
    if (!flag->env.empty()) absl::StrAppend(&right, " [", flag->env, "]");
    lines.emplace_back(left, right);
  }
  lines.emplace_back("--help", "print this");
  std::size_t width = 0;
  for (const auto& line : lines) width = std::max(width, line.first.size());
  std::string text;
  for (const auto& [left, right] : lines) {
    absl::StrAppend(&text, "  ", left,
                    std::string(width + 2 - left.size(), ' '),
                    Wrapped(right, width + 4), "\n");
  }
  return text;
}

}  // namespace rondo
