#include "io/opening.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/error.h"

namespace dreamer::io {
namespace {

constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";

/// Names what is wrong with a file that is no HDF5 file at all, in the words of its user.
void check_openable(const std::filesystem::path& path) {
  const std::string name = path.string();
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) throw error("{}: no such file", name);
    throw error("{}: cannot be read: {}", name, std::strerror(errno));
  }
  if (S_ISDIR(info.st_mode)) throw error("{} is a directory, a file is needed", name);
  if (!S_ISREG(info.st_mode))
    throw error("{} is not a regular file; HDF5 needs random access, name a file on a disk", name);
  if (::access(path.c_str(), R_OK) != 0)
    throw error("{}: cannot be read: {}", name, std::strerror(errno));
  if (info.st_size == 0) throw error("{} is empty (0 bytes); copy or make it again", name);
  std::string head(kSignature.size(), '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));
  if (head == kSignature) return;
  if (kSignature.starts_with(head)) throw error("{} is truncated; copy or make it again", name);
  throw error("{} is not an HDF5 file", name);
}

}  // namespace

Handle open_to_read(const std::filesystem::path& path) {
  check_openable(path);
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), "opening a file");
  check(H5Pset_file_locking(access, false, true), "opening a file");
  check(H5Pset_fclose_degree(access, H5F_CLOSE_STRONG), "opening a file");
  const hid_t id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, access);
  if (id < 0)
    throw error("{} is damaged or truncated ({}); copy or make it again", path.string(),
                hdf5_message());
  return {id, path.string()};
}

}  // namespace dreamer::io
