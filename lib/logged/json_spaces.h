#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/json.h"
#include "core/signature.h"

namespace dreamer::logged {

/// JSON of Python's, which may hold the bare words Infinity, -Infinity and NaN: null here.
[[nodiscard]] Json parse_python_json(std::string text, std::string_view where);
[[nodiscard]] Json read_python_json(const std::filesystem::path& path);

/// The text, or the number, at a key; `otherwise` where there is none.
[[nodiscard]] std::string text_of(const Json& object, const char* key,
                                  const std::string& otherwise);
[[nodiscard]] double number_of(const Json& object, const char* key, double otherwise);

/// The action space as Gymnasium and Minari write it; without bounds where any is not finite.
/// @throws Error for spaces that no action of ours can be
[[nodiscard]] Space action_space(const Json& space, std::string_view where);

}  // namespace dreamer::logged
