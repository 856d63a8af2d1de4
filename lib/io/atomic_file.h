#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>

#include "io/file.h"

namespace dreamer::io {

/// Fails (exit code 1, with the remedy) if `path` exists and may not be replaced, or if its folder
/// does not exist or cannot be written: asked before long work begins, not after.
void check_output(const std::filesystem::path& path, Replace replace);

/// Puts `contents` at `path` whole or not at all: temporary name in the same folder, fsync, rename
/// (RENAME_NOREPLACE without Replace::yes), fsync of the folder. A failure (disk full, …) removes
/// the temporary file and throws Error.
void write_atomically(const std::filesystem::path& path, std::span<const std::byte> contents,
                      Replace replace);

/// The same for a file that another library writes: `write` gets the temporary path.
void write_atomically(const std::filesystem::path& path, Replace replace,
                      const std::function<void(const std::filesystem::path& temporary)>& write);

}  // namespace dreamer::io
