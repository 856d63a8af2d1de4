#include "io/atomic_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "core/descriptor.h"
#include "core/output_error.h"
#include "io/temporary_file.h"

namespace dreamer::io {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;  // as Linux follows

/// The name that a chain of symbolic links leads to.
fs::path follow_links(const fs::path& path) {
  fs::path place = path;
  std::error_code none;
  for (int links = 0; fs::is_symlink(fs::symlink_status(place, none)); ++links) {
    if (links == kMostLinks) throw output_error(path, ELOOP);
    // /dev/stdout and its like lead there: to something open, whatever name that has.
    struct statfs system {};
    if (::statfs(folder_of(place).c_str(), &system) == 0 && system.f_type == PROC_SUPER_MAGIC)
      throw error("{} is an open file, not a name; name a plain file", path.string());
    const fs::path next = fs::read_symlink(place, none);
    if (none) throw output_error(path, none.value());
    place = folder_of(place) / next;  // `next` alone where it is absolute
  }
  return place;
}

void write_whole(int fd, std::span<const std::byte> contents, const fs::path& path) {
  while (!contents.empty()) {
    const ssize_t n = uninterrupted([&] { return ::write(fd, contents.data(), contents.size()); });
    if (n < 0) throw output_error(path, errno);
    contents = contents.subspan(static_cast<std::size_t>(n));
  }
}

/// `check_output` with the place that it found.
fs::path checked_place(const fs::path& path, Replace replace) {
  if (path.empty()) throw error("the name of the output is empty; name a file");
  const fs::path place = follow_links(path);
  struct stat info {};
  if (::stat(place.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) throw output_error(path, EISDIR);
    if (!S_ISREG(info.st_mode))
      throw error("{} is a device, pipe or socket; name a plain file", path.string());
    if (replace == Replace::no) throw output_error(path, EEXIST);
  } else if (errno != ENOENT && errno != ENOTDIR) {
    throw output_error(path, errno);
  }
  if (!place.has_filename())
    throw error("{} ends in a slash, as a folder does; name a file", path.string());
  const fs::path folder = folder_of(place);
  if (::stat(folder.c_str(), &info) != 0) throw output_error(path, errno);
  if (!S_ISDIR(info.st_mode)) throw output_error(path, ENOTDIR);
  if (info.st_nlink == 0 && folder == ".") throw output_error(path, ENOENT);  // it was removed
  if (::access(folder.c_str(), W_OK | X_OK) != 0) throw output_error(path, errno);
  return place;
}

}  // namespace

void check_output(const fs::path& path, Replace replace) {
  static_cast<void>(checked_place(path, replace));
}

void write_atomically(const fs::path& path, Replace replace,
                      const std::function<void(const fs::path& temporary)>& write, bool named) {
  using Kind = TemporaryFile::Kind;
  TemporaryFile file(checked_place(path, replace), path, named ? Kind::named : Kind::nameless);
  write(file.path());
  file.put_in_place(replace);
}

void write_atomically(const fs::path& path, std::span<const std::byte> contents, Replace replace) {
  TemporaryFile file(checked_place(path, replace), path);
  write_whole(file.descriptor(), contents, path);
  file.put_in_place(replace);
}

}  // namespace dreamer::io
