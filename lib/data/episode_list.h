#pragma once

#include <filesystem>
#include <istream>
#include <string>
#include <vector>

namespace dreamer::data {

/// The episode files that a list of arguments names, in order: a file stands for itself, a
/// directory for its `*.h5` sorted by name (no dot files, no sub-directories, no resume files), `-`
/// for what `in` gives to its end: a path a line, or JSON Lines with a field `episode`. Nothing at
/// all is an error with the remedy; HDF5 data on `in` is a usage error.
[[nodiscard]] std::vector<std::filesystem::path> resolve_episodes(
    const std::vector<std::string>& arguments, std::istream& in);

/// The `*.h5` files of a folder as resolve_episodes takes them; may be empty.
[[nodiscard]] std::vector<std::filesystem::path> episodes_in(const std::filesystem::path& folder);

/// The episode files that are there now, of files and folders that need not exist yet. For
/// following what grows.
[[nodiscard]] std::vector<std::filesystem::path> episodes_now(
    const std::vector<std::filesystem::path>& paths);

}  // namespace dreamer::data
