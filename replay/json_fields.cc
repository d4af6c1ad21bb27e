#include "rondo/replay/json_fields.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "rondo/replay/json_text.h"

namespace rondo {
namespace {

constexpr int kDeepest = 64;
constexpr std::size_t kLongestQuote = 40;

const JsonFields::Json& Null() {
  static const JsonFields::Json null;
  return null;
}

// What `value` is, for an error: short texts are shown.
std::string Shown(const JsonFields::Json& value) {
  if (!value.is_string()) return value.type_name();
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > kLongestQuote) return "string";
  std::string quoted;
  AppendJsonString(text, &quoted);
  return quoted;
}

}  // namespace

JsonFields::JsonFields(const std::string& text) { Parse(text); }

JsonFields::JsonFields(const Json& object, std::string name)
    : object_(&object), prefix_(std::move(name)) {
  prefix_ += '.';
}

void JsonFields::Parse(const std::string& text) {
  std::vector<std::vector<std::string>> keys;
  std::string problem;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kDeepest && problem.empty()) {
      problem = absl::StrCat("nested deeper than ", kDeepest, " levels");
    }
    if (!problem.empty()) return false;
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      std::vector<std::string>& seen = keys.back();
      if (std::find(seen.begin(), seen.end(), key) != seen.end()) {
        problem = absl::StrCat("field \"", key, "\": given twice");
        return false;
      }
      seen.push_back(key);
    }
    return true;
  };
  try {
    own_ = Json::parse(text, watch);
  } catch (const Json::parse_error& error) {
    if (problem.empty()) {
      problem = absl::StrCat("not JSON from column ", error.byte, " on");
    }
  } catch (const Json::exception& error) {  // A number out of range.
    problem = "not JSON: a number is out of range";
  }
  if (problem.empty() && !own_.is_object()) {
    problem = absl::StrCat("expected an object, got ", own_.type_name());
  }
  if (problem.empty()) return;
  own_ = Json::object();
  error_ = absl::InvalidArgumentError(problem);
}

std::string JsonFields::NameOf(const char* key) const {
  return absl::StrCat(prefix_, key);
}

void JsonFields::Fail(const std::string& name, const std::string& reason) {
  if (!error_.ok()) return;
  error_ = absl::InvalidArgumentError(
      absl::StrCat("field \"", name, "\": ", reason));
}

void JsonFields::FailType(const std::string& name, const std::string& wanted,
                          const Json& value) {
  const bool is_text = value.is_string();
  Fail(name, absl::StrCat("expected ", wanted, ", got ",
                          is_text && wanted.find("digits") != wanted.npos
                              ? Shown(value)
                              : value.type_name()));
}

bool JsonFields::Has(const char* key) const { return object_->contains(key); }

const JsonFields::Json& JsonFields::Value(const char* key) {
  if (!error_.ok()) return Null();
  const auto found = object_->find(key);
  if (found != object_->end()) return *found;
  Fail(NameOf(key), "missing");
  return Null();
}

std::int64_t JsonFields::Int(const Json& value, const std::string& name,
                             std::int64_t low) {
  if (!error_.ok()) return 0;
  if (!value.is_number_integer()) {
    FailType(name, "an integer", value);
    return 0;
  }
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() > static_cast<std::uint64_t>(kMax)) {
    Fail(name, "out of range");
    return 0;
  }
  const auto number = value.get<std::int64_t>();
  if (number < low) {
    Fail(name, absl::StrCat("expected at least ", low, ", got ", number));
    return 0;
  }
  return number;
}

std::int64_t JsonFields::Int(const char* key, std::int64_t low) {
  const Json& value = Value(key);
  return error_.ok() ? Int(value, NameOf(key), low) : 0;
}

std::uint64_t JsonFields::Unsigned(const char* key) {
  const Json& value = Value(key);
  if (!error_.ok()) return 0;
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  FailType(NameOf(key), "an unsigned integer", value);
  return 0;
}

std::string JsonFields::Text(const Json& value, const std::string& name) {
  if (!error_.ok()) return "";
  if (value.is_string()) return value.get<std::string>();
  FailType(name, "a string", value);
  return "";
}

std::string JsonFields::Text(const char* key) {
  const Json& value = Value(key);
  return error_.ok() ? Text(value, NameOf(key)) : "";
}

std::uint64_t JsonFields::Id(const Json& value, const std::string& name) {
  if (!error_.ok()) return 0;
  std::optional<std::uint64_t> id;
  if (value.is_string()) id = ParseHex(value.get_ref<const std::string&>());
  if (id.has_value()) return *id;
  FailType(name, "16 hexadecimal digits", value);
  return 0;
}

std::uint64_t JsonFields::Id(const char* key) {
  const Json& value = Value(key);
  return error_.ok() ? Id(value, NameOf(key)) : 0;
}

std::uint64_t JsonFields::OptionalId(const Json& value,
                                     const std::string& name) {
  if (value.is_string() && value.get_ref<const std::string&>().empty()) {
    return 0;
  }
  return Id(value, name);
}

bool JsonFields::IsList(const Json& value, const std::string& name,
                        std::size_t size) {
  if (!error_.ok()) return false;
  if (!value.is_array()) {
    FailType(name, "a list", value);
    return false;
  }
  if (value.size() == size) return true;
  Fail(name, absl::StrCat("expected a list of ", size, ", got one of ",
                          value.size()));
  return false;
}

void JsonFields::Each(
    const char* key,
    const std::function<void(const Json&, const std::string&)>& read) {
  const Json& list = Value(key);
  if (!error_.ok()) return;
  if (!list.is_array()) return FailType(NameOf(key), "a list", list);
  std::size_t index = 0;
  for (const Json& value : list) {
    if (!error_.ok()) return;
    read(value, absl::StrCat(prefix_, key, "[", index++, "]"));
  }
}

void JsonFields::Object(const char* key,
                        const std::function<void(JsonFields&)>& read) {
  const Json& object = Value(key);
  if (!error_.ok()) return;
  if (!object.is_object()) return FailType(NameOf(key), "an object", object);
  JsonFields fields(object, NameOf(key));
  read(fields);
  error_ = fields.status();
}

}  // namespace rondo
