#include "rondo/simnet/explore_settings.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "rondo/replay/flag_values.h"

namespace rondo {
namespace {

using absl::Status;

constexpr const char* kNames[] = {
    "seed",   "schedules",   "strategy", "time_limit", "check_determinism",
    "replay", "other_build", "record"};

bool IsBool(absl::string_view name) {
  return name == "check_determinism" || name == "other_build";
}

// REQUIRES: the name is one of kNames.
Status Set(absl::string_view name, const std::string& text,
           ExploreSettings* settings) {
  if (name == "seed") return Keep(ParseUnsigned(text), &settings->seed);
  if (name == "schedules") {
    return Keep(ParseUnsigned(text), &settings->schedules);
  }
  if (name == "time_limit") {
    return Keep(ParseDuration(text), &settings->time_limit);
  }
  if (name == "check_determinism") {
    return Keep(ParseBool(text), &settings->check_determinism);
  }
  if (name == "other_build") {
    return Keep(ParseBool(text), &settings->other_build);
  }
  if (text.empty()) return Expected("a text", text);
  std::string& value = name == "strategy" ? settings->strategy
                       : name == "replay" ? settings->replay
                                          : settings->record;
  value = text;
  return absl::OkStatus();
}

// Sets it; an error begins with where the text comes from.
Status SetFrom(const std::string& where, absl::string_view name,
               const std::string& text, ExploreSettings* settings) {
  const Status status = Set(name, text, settings);
  if (status.ok()) return status;
  return absl::InvalidArgumentError(
      absl::StrCat(where, ": ", std::string(status.message())));
}

constexpr const char* kPrefix = "--rondo_";

std::string AllFlags() {
  std::string all;
  for (const char* const name : kNames) {
    absl::StrAppend(&all, all.empty() ? "" : ", ", kPrefix, name);
  }
  return all;
}

// `word` begins with the prefix.
Status ApplyFlag(const std::string& word, ExploreSettings* settings) {
  const std::size_t equals = std::min(word.find('='), word.size());
  const std::string flag = word.substr(0, equals);
  for (const char* const name : kNames) {
    if (flag != absl::StrCat(kPrefix, name)) continue;
    if (equals < word.size()) {
      return SetFrom(flag, name, word.substr(equals + 1), settings);
    }
    if (IsBool(name)) return SetFrom(flag, name, "true", settings);
    return absl::InvalidArgumentError(
        absl::StrCat(flag, " needs a value: ", flag, "=..."));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("there is no flag ", flag, "; there are ", AllFlags()));
}

}  // namespace

std::vector<std::string> CommandLineWords() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (absl::EndsWith(text, absl::string_view("\0", 1))) text.pop_back();
  return absl::StrSplit(text, '\0');
}

absl::StatusOr<ExploreSettings> ReadExploreSettings(
    const std::vector<std::string>& words) {
  ExploreSettings settings;
  for (const char* const name : kNames) {
    const std::string variable =
        absl::StrCat("RONDO_", absl::AsciiStrToUpper(name));
    const char* const text = std::getenv(variable.c_str());
    if (text == nullptr || *text == '\0') continue;
    const Status status = SetFrom(variable, name, text, &settings);
    if (!status.ok()) return status;
  }
  for (const std::string& word : words) {
    if (word == "--") break;
    if (!absl::StartsWith(word, kPrefix)) continue;
    const Status status = ApplyFlag(word, &settings);
    if (!status.ok()) return status;
  }
  return settings;
}

absl::StatusOr<ExploreSettings> ReadExploreSettings() {
  return ReadExploreSettings(CommandLineWords());
}

}  // namespace rondo
