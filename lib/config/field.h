#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "core/json.h"

namespace dreamer {

/// One setting: where it lives and all that is said of it. JSON, `--set`, help, man page and schema
/// are made from the list of these, which is the only place where a setting is described.
struct Field {
  std::string name;
  std::variant<std::int64_t*, double*, bool*, std::string*> value;
  std::string doc;
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices = {};  // of a string; empty: any
  std::string older = {};                 // its name in older versions, which is still taken

  [[nodiscard]] Json json() const;
  /// Takes a value; a wrong type, range or choice is a usage error that says what is allowed.
  /// @param key the full name for messages, "model.depth"
  void assign(const Json& json, const std::string& key) const;
  /// JSON Schema of the value, with its default.
  [[nodiscard]] Json schema() const;
  /// What may stand here, for people: "integer, 1 to 512".
  [[nodiscard]] std::string allowed() const;
};

using Fields = std::vector<Field>;

}  // namespace dreamer
