#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>

#include "io/file.h"

namespace dreamer::io {

/// Fails (exit code 1, with the remedy) unless a plain file can come to stand at `path`: asked
/// before long work begins, not after. What exists there must be a plain file, and may be replaced;
/// the folder must exist and take new files. A symbolic link stands for the name it leads to, which
/// need not exist.
void check_output(const std::filesystem::path& path, Replace replace);

/// Puts `contents` at `path` whole or not at all: a temporary file in the same folder, fsync, its
/// name (without Replace::yes never that of an existing file), fsync of the folder. A failure (disk
/// full, …) leaves what was there and throws Error. A symbolic link stays, what it leads to is
/// written.
void write_atomically(const std::filesystem::path& path, std::span<const std::byte> contents,
                      Replace replace);

/// The same for a file that another library writes: `write` opens the path that it is given.
/// @param named whether that path must be a name in a folder, as HDF5 wants it
void write_atomically(const std::filesystem::path& path, Replace replace,
                      const std::function<void(const std::filesystem::path& temporary)>& write,
                      bool named = false);

}  // namespace dreamer::io
