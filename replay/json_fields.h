// Reads the fields of one JSON object, and remembers the first that is wrong.
//
//   JsonFields fields(line);
//   std::int64_t t = fields.Int("t");
//   std::string name = fields.Text("name");
//   if (!fields.ok()) return fields.status();
//
// After the first error every reader answers an empty value, so that a caller
// need look only once.
#ifndef RONDO_REPLAY_JSON_FIELDS_H_
#define RONDO_REPLAY_JSON_FIELDS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "nlohmann/json.hpp"

namespace rondo {

class JsonFields {
 public:
  using Json = nlohmann::ordered_json;

  // Parses `text`: one object, no key twice, at most 64 levels deep.
  explicit JsonFields(const std::string& text);
  // The fields of `object`, which must outlive this; its name for errors.
  JsonFields(const Json& object, std::string name);
  JsonFields(const JsonFields&) = delete;
  JsonFields& operator=(const JsonFields&) = delete;

  bool ok() const { return error_.ok(); }
  const absl::Status& status() const { return error_; }

  bool Has(const char* key) const;

  // Of the field `key`, which must be there.
  std::int64_t Int(const char* key,
                   std::int64_t low = std::numeric_limits<std::int64_t>::min());
  std::uint64_t Unsigned(const char* key);
  std::string Text(const char* key);
  std::uint64_t Id(const char* key);
  // Calls `read` with each element of a list, and its name for errors.
  void Each(const char* key,
            const std::function<void(const Json&, const std::string&)>& read);
  // The field as it is; null after an error.
  const Json& Value(const char* key);
  // Calls `read` with the fields of an object.
  void Object(const char* key, const std::function<void(JsonFields&)>& read);

  // Of a value whose name is `name`.
  std::int64_t Int(const Json& value, const std::string& name,
                   std::int64_t low = std::numeric_limits<std::int64_t>::min());
  std::string Text(const Json& value, const std::string& name);
  std::uint64_t Id(const Json& value, const std::string& name);
  // Zero for an empty string.
  std::uint64_t OptionalId(const Json& value, const std::string& name);
  // Whether `value` is a list of `size`; an error if not.
  bool IsList(const Json& value, const std::string& name, std::size_t size);

  // Keeps the error if it is the first: `field "name": reason`.
  void Fail(const std::string& name, const std::string& reason);

 private:
  void FailType(const std::string& name, const std::string& wanted,
                const Json& value);
  std::string NameOf(const char* key) const;
  void Parse(const std::string& text);

  Json own_;
  const Json* object_ = &own_;
  std::string prefix_;
  absl::Status error_;
};

}  // namespace rondo

#endif  // RONDO_REPLAY_JSON_FIELDS_H_
