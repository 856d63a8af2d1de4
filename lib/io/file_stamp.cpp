#include "io/file_stamp.h"

#include <sys/stat.h>

namespace dreamer::io {

std::optional<FileStamp> stamp_of(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  const auto nanoseconds = [](const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  };
  return FileStamp{.device = info.st_dev,
                   .inode = info.st_ino,
                   .size = info.st_size,
                   .modified = nanoseconds(info.st_mtim),
                   .changed = nanoseconds(info.st_ctim)};
}

}  // namespace dreamer::io
