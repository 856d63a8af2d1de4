#include "core/append_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "core/output_error.h"

namespace dreamer {

AppendFile::AppendFile(const std::filesystem::path& path, std::optional<std::int64_t> keep)
    : path_(path) {
  const int unless_new = keep ? 0 : O_EXCL;
  file_ = Descriptor(uninterrupted([&] {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | unless_new, 0666);
  }));
  struct stat info {};
  if (file_ < 0 || ::fstat(file_, &info) != 0) throw output_error(path, errno);
  bytes_ = std::min<std::int64_t>(keep.value_or(0), info.st_size);
  if (bytes_ < info.st_size && uninterrupted([&] { return ::ftruncate(file_, bytes_); }) != 0)
    throw output_error(path, errno);
}

void AppendFile::write(std::string_view text) {
  std::string_view left = text;
  while (!left.empty()) {
    const ssize_t n = uninterrupted([&] { return ::write(file_, left.data(), left.size()); });
    if (n < 0) {
      const Error failure = output_error(path_, errno);
      static_cast<void>(uninterrupted([&] { return ::ftruncate(file_, bytes_); }));
      throw failure;  // NOLINT(misc-throw-by-value-catch-by-reference): made before errno changes
    }
    left.remove_prefix(static_cast<std::size_t>(n));
  }
  bytes_ += static_cast<std::int64_t>(text.size());
}

}  // namespace dreamer
