#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"

namespace dreamer::data {

/// The files lying in a folder, sorted by name; no dot files (what is being written), no folders.
[[nodiscard]] std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder);

/// What the episodes in a folder are, together: folder, files, episodes, bytes, steps, frames, how
/// many of each task, action repeat, image shape, render, policy and version, smallest, median and
/// largest return and length, and misfits: {file, reason} of what is no episode, cannot be read or
/// is of another task than most. Reads headers only. @throws Error if the folder cannot be listed
[[nodiscard]] Json describe_folder(const std::filesystem::path& folder);

/// The same for people, with at most `most` misfits.
[[nodiscard]] std::string folder_text(const Json& description, std::size_t most);

}  // namespace dreamer::data
