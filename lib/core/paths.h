#pragma once

#include <filesystem>

namespace dreamer {

/// Where the read-only data of this installation lies (schemas, presets, MJCF models):
/// `../share/dreamer` beside the folder of this library, in the build tree and after install alike;
/// the environment variable DREAMER_SHARE overrides it.
[[nodiscard]] std::filesystem::path share_dir();

/// The folder of this library, where its companion libraries lie.
[[nodiscard]] std::filesystem::path library_dir();

}  // namespace dreamer
