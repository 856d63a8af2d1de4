#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"

namespace dreamer::data {

/// What a file of ours is: file, bytes, format, format_version, provenance (argv, config and
/// parents parsed), attributes by object, datasets with type, shape, dims and stored bytes, and the
/// number of elements in all. @throws Error if it cannot be read
[[nodiscard]] Json describe(const std::filesystem::path& path);

/// The same for people, in several lines.
[[nodiscard]] std::string as_text(const Json& description);

/// Everything in which a file breaks the layout of its format; empty if it obeys.
/// @throws Error if it cannot be read
[[nodiscard]] std::vector<std::string> violations(const std::filesystem::path& path);

}  // namespace dreamer::data
