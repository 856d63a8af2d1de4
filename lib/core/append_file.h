#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "core/descriptor.h"

namespace dreamer {

/// A file that grows: a log, whose readers look at it meanwhile.
class AppendFile {
 public:
  /// @param keep bytes to keep of a file that exists, what follows them is dropped; without it the
  ///             file must be a new one
  explicit AppendFile(const std::filesystem::path& path, std::optional<std::int64_t> keep = {});

  /// Hands all of it to the operating system. After a failure (a full disk) the file ends where it
  /// ended before.
  void write(std::string_view text);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }

 private:
  std::filesystem::path path_;
  Descriptor file_;
  std::int64_t bytes_ = 0;
};

}  // namespace dreamer
