#pragma once

#include <filesystem>

#include "core/json.h"

namespace dreamer {

/// Where the read-only data of this installation lies (schemas, presets, MJCF models):
/// `../share/dreamer` beside the folder of this library, in the build tree and after install alike;
/// the environment variable DREAMER_SHARE overrides it.
[[nodiscard]] std::filesystem::path share_dir();

/// The JSON file `name` of share_dir(). @throws Error naming the file where it cannot be read
[[nodiscard]] Json read_share(const std::filesystem::path& name);

/// The folder of this library, where its companion libraries lie.
[[nodiscard]] std::filesystem::path library_dir();

}  // namespace dreamer
