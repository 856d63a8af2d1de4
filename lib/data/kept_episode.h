#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "data/episode_result.h"
#include "io/atomic_file.h"

namespace dreamer::data {

/// The episode that an earlier run has left at `path`; nothing where there is none, or one that is
/// to be replaced.
/// @param difference why the episode in a file is not the one that would be written: "differs in
///   task", say; empty if it is
/// @throws Error if another file stands there and may not be replaced
[[nodiscard]] std::optional<EpisodeResult> kept_episode(
    const std::filesystem::path& path, io::Replace replace,
    const std::function<std::string(const io::FileReader&)>& difference);

/// The difference of a file whose provenance has another configuration.
[[nodiscard]] std::string difference_in_config(const io::FileReader& file, const Json& config);

}  // namespace dreamer::data
