#include "io/atomic_file.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "core/error.h"

namespace dreamer::io {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".tmp";
constexpr std::size_t kLongestName =
    180;  // of the target's name in the temporary's: NAME_MAX is 255

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// What went wrong with writing `path`, and what to do about it.
Error write_error(const fs::path& path, int code) {
  const std::string name = path.string(), folder = folder_of(path).string();
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return error("{}: no space left ({}); free some, or choose another place", name,
                   std::strerror(code));
    case EFBIG:
      return error("{}: larger than a file may be here; raise the limit (ulimit -f)", name);
    case EACCES:
    case EPERM:
      return error("{}: folder {} cannot be written (permission denied); choose another place",
                   name, folder);
    case EROFS:
      return error("{}: folder {} is on a read-only file system; choose another place", name,
                   folder);
    case ENOENT:
    case ENOTDIR:
      return error("{}: folder {} does not exist; make it first (mkdir -p {})", name, folder,
                   folder);
    case EEXIST:
      return error("{} exists already; give --force to replace it", name);
    case EISDIR:
      return error("{} is a directory; name a file", name);
    default:
      return error("{}: cannot be written: {}", name, std::strerror(code));
  }
}

/// A number that tells machines apart: another machine's process numbers mean nothing here.
std::uint32_t machine() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  std::uint32_t hash = 2166136261;
  for (const char* c = name; *c != '\0'; ++c)
    hash = (hash ^ static_cast<unsigned char>(*c)) * 16777619;
  return hash;
}

/// `.<name>.`, which no `*.h5` glob matches.
std::string temporary_prefix(const fs::path& path) {
  return fmt::format(".{}.", path.filename().string().substr(0, kLongestName));
}

/// `.<name>.<pid>-<machine><random>.tmp` beside `path`.
fs::path temporary_name(const fs::path& path) {
  std::uint32_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random) throw write_error(path, errno);
  return folder_of(path) / fmt::format("{}{}-{:08x}{:08x}{}", temporary_prefix(path), ::getpid(),
                                       machine(), random, kSuffix);
}

/// Removes temporaries of `path` whose process (of this machine) is gone: killed before its rename.
void remove_stale(const fs::path& path) {
  const std::string prefix = temporary_prefix(path);
  std::error_code ignored;  // housekeeping: what cannot be listed or removed stays
  for (const auto& entry : fs::directory_iterator(folder_of(path), ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix) || !name.ends_with(kSuffix)) continue;
    pid_t pid = 0;
    const char* const end = name.data() + name.size();
    const auto [after, status] = std::from_chars(name.data() + prefix.size(), end, pid);
    if (status != std::errc() || pid <= 0) continue;
    if (!std::string_view(after, end).starts_with(fmt::format("-{:08x}", machine()))) continue;
    if (::kill(pid, 0) == -1 && errno == ESRCH) fs::remove(entry.path(), ignored);
  }
}

/// An open file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return fd_; }  // NOLINT(google-explicit-constructor): goes to C calls
  /// Network file systems report a full disk only here.
  [[nodiscard]] bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

/// Removes the temporary file unless it became the real one.
struct Removal {
  fs::path path;
  bool armed = true;
  explicit Removal(fs::path p) : path(std::move(p)) {}
  ~Removal() {
    if (armed) ::unlink(path.c_str());
  }
  Removal(const Removal&) = delete;
  Removal& operator=(const Removal&) = delete;
};

/// The rename that fails with EEXIST where `to` exists; 0 or an error number.
int rename_new(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) return errno;
  // A file system without it (NFS, some FUSE): a hard link refuses an existing name just as well.
  if (::link(from.c_str(), to.c_str()) == 0) {
    ::unlink(from.c_str());
    return 0;
  }
  if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS && errno != EMLINK) return errno;
  // Nor hard links (FAT): look, then rename.
  if (::access(to.c_str(), F_OK) == 0) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

void put_in_place(const fs::path& temporary, const fs::path& path, Replace replace) {
  const int code = replace == Replace::no                           ? rename_new(temporary, path)
                   : ::rename(temporary.c_str(), path.c_str()) == 0 ? 0
                                                                    : errno;
  if (code != 0) throw write_error(path, code);
  // The new name itself must reach the disk; not every file system can be asked.
  const Descriptor folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder >= 0) ::fsync(folder);
}

void write_whole(int fd, std::span<const std::byte> contents, const fs::path& path) {
  while (!contents.empty()) {
    const ssize_t n = ::write(fd, contents.data(), contents.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw write_error(path, errno);
    contents = contents.subspan(static_cast<std::size_t>(n));
  }
}

}  // namespace

void check_output(const fs::path& path, Replace replace) {
  if (!path.has_filename()) throw write_error(path, EISDIR);
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) throw write_error(path, EISDIR);
    if (replace == Replace::no) throw write_error(path, EEXIST);
  }
  const fs::path folder = folder_of(path);
  if (::stat(folder.c_str(), &info) != 0) throw write_error(path, errno);
  if (!S_ISDIR(info.st_mode)) throw write_error(path, ENOTDIR);
  if (::access(folder.c_str(), W_OK | X_OK) != 0) throw write_error(path, errno);
}

void write_atomically(const fs::path& path, Replace replace,
                      const std::function<void(const fs::path& temporary)>& write) {
  check_output(path, replace);
  remove_stale(path);
  Removal temporary(temporary_name(path));
  write(temporary.path);
  {
    Descriptor file(::open(temporary.path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file < 0 || ::fsync(file) != 0 || !file.close()) throw write_error(path, errno);
  }
  put_in_place(temporary.path, path, replace);
  temporary.armed = false;
}

void write_atomically(const fs::path& path, std::span<const std::byte> contents, Replace replace) {
  write_atomically(path, replace, [&](const fs::path& temporary) {
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file < 0) throw write_error(path, errno);
    write_whole(file, contents, path);
    if (!file.close()) throw write_error(path, errno);
  });
}

}  // namespace dreamer::io
