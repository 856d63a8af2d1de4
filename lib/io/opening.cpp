#include "io/opening.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/descriptor.h"
#include "core/error.h"

namespace dreamer::io {
namespace {

constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";
constexpr off_t kFirstUserBlock = 512;  // the smallest block of the user's before the signature

Error cannot_be_read(const std::string& name, int reason) {
  if (reason == ENOENT || reason == ENOTDIR) return error("{}: no such file", name);
  if (reason == EMFILE)
    return error("{}: cannot be read: too many open files; raise the limit (ulimit -n)", name);
  return error("{}: cannot be read: {}", name, std::strerror(reason));
}

/// What lies at `offset`, at most as long as the signature.
std::string signature_at(int file, off_t offset, const std::string& name) {
  std::string head(kSignature.size(), '\0');
  const ssize_t n = ::pread(file, head.data(), head.size(), offset);
  if (n < 0) throw cannot_be_read(name, errno);
  head.resize(static_cast<std::size_t>(n));
  return head;
}

/// Refuses what is no HDF5 file at all: its signature stands at the beginning, or behind a block of
/// the user's of 512 bytes or twice, four times, … as many.
void check_signature(int file, off_t size, const std::string& name) {
  if (size == 0) throw error("{} is empty (0 bytes); copy or make it again", name);
  const std::string head = signature_at(file, 0, name);
  if (head == kSignature) return;
  if (kSignature.starts_with(head)) throw error("{} is truncated; copy or make it again", name);
  for (off_t offset = kFirstUserBlock; offset < size; offset *= 2)
    if (signature_at(file, offset, name) == kSignature) return;
  throw error("{} is not an HDF5 file", name);
}

}  // namespace

OpenedFile open_to_read(const std::filesystem::path& path) {
  const std::string name = path.string();
  // Opened here first: a pipe would keep HDF5 waiting, and what is looked at must be what is read.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat info {};
  if (file < 0 || ::fstat(file, &info) != 0) throw cannot_be_read(name, errno);
  if (S_ISDIR(info.st_mode)) throw error("{} is a directory, a file is needed", name);
  if (!S_ISREG(info.st_mode))
    throw error("{} is not a regular file; HDF5 needs random access, name a file on a disk", name);
  check_signature(file, info.st_size, name);

  const Handle access(H5Pcreate(H5P_FILE_ACCESS), "opening a file");
  check(H5Pset_file_locking(access, false, true), "opening a file");
  check(H5Pset_fclose_degree(access, H5F_CLOSE_STRONG), "opening a file");
  const std::string same = fmt::format("/proc/self/fd/{}", static_cast<int>(file));
  const hid_t id = H5Fopen(same.c_str(), H5F_ACC_RDONLY, access);
  if (id < 0) {
    const auto [reason, system] = hdf5_failure();
    // HDF5 asks for the name of what it opens, which is gone where a writer has just put another
    // file in its place: then that one is meant.
    if (::fstat(file, &info) == 0 && info.st_nlink == 0) return open_to_read(path);
    if (system) throw error("{}: cannot be read: {}", name, reason);
    if (reason.find("h5clear") != std::string::npos)
      throw error(
          "{} was left open by a program that wrote it; if none does any more: h5clear -s {}", name,
          name);
    throw error("{} is damaged or truncated ({}); copy or make it again", name, reason);
  }
  return {Handle(id, name), info.st_size};
}

}  // namespace dreamer::io
