#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace dreamer::io {

/// Tells whether the file under a name is still the same one, unchanged.
struct FileStamp {
  std::uint64_t device = 0, inode = 0;
  std::int64_t size = 0;
  std::int64_t modified = 0, changed = 0;  // contents; contents or permissions; in ns
  bool operator==(const FileStamp&) const = default;
};

/// Nothing if the file is not there, or the network is away.
[[nodiscard]] std::optional<FileStamp> stamp_of(const std::filesystem::path& path);

}  // namespace dreamer::io
