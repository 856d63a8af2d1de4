#include "core/output_error.h"

#include <cerrno>
#include <cstring>

namespace dreamer {

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

Error output_error(const std::filesystem::path& path, int code) {
  const std::string name = path.string(), folder = folder_of(path).string();
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return error("{}: no space left ({}); free some, or choose another place", name,
                   std::strerror(code));
    case EFBIG:
      return error("{}: larger than a file may be here ({}); raise the limit (ulimit -f)", name,
                   std::strerror(code));
    case EMFILE:
    case ENFILE:
      return error("{}: cannot be written: {}; raise the limit (ulimit -n)", name,
                   std::strerror(code));
    case EACCES:
    case EPERM:
      return error("{}: folder {} cannot be written (permission denied); choose another place",
                   name, folder);
    case EROFS:
      return error("{}: folder {} is on a read-only file system; choose another place", name,
                   folder);
    case ENOENT:
    case ENOTDIR:
      if (folder == ".") return error("{}: the working folder is gone; change to another", name);
      return error("{}: folder {} does not exist; make it first (mkdir -p {})", name, folder,
                   folder);
    case EEXIST:
      return error("{} exists already; give --force to replace it", name);
    case EISDIR:
      return error("{} is a directory; name a file", name);
    case ENAMETOOLONG:
      return error("{}: the name is too long for this file system; choose a shorter one", name);
    case ELOOP:
      return error("{}: its symbolic links lead in a circle; name a file", name);
    default:
      return error("{}: cannot be written: {}", name, std::strerror(code));
  }
}

}  // namespace dreamer
