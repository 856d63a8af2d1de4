#pragma once

#include <filesystem>
#include <optional>

#include "io/file_stamp.h"

namespace dreamer::io {

/// A file that another process replaces now and then, each time whole (by a rename): a checkpoint
/// that is followed.
class FollowedFile {
 public:
  explicit FollowedFile(std::filesystem::path path) : path_(std::move(path)) {}

  /// Whether it is there and not the file of the last call that said so. Asked before it is read:
  /// one that comes meanwhile is news the next time.
  [[nodiscard]] bool is_new();

  /// Waits until it is there, which it tells once; false if a signal asked to stop.
  [[nodiscard]] bool wait();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::optional<FileStamp> seen_;
};

}  // namespace dreamer::io
