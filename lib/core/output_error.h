#pragma once

#include <filesystem>

#include "core/error.h"

namespace dreamer {

/// The folder in which `path` lies.
[[nodiscard]] std::filesystem::path folder_of(const std::filesystem::path& path);

/// Why `path` cannot be written, by an error number, and what to do about it.
[[nodiscard]] Error output_error(const std::filesystem::path& path, int code);

}  // namespace dreamer
