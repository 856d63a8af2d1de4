#include "io/temporary_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <cstdio>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "core/output_error.h"

namespace dreamer::io {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".tmp";
constexpr std::size_t kLongestName = 180;  // of the target's in the temporary's: NAME_MAX is 255
constexpr mode_t kMode = 0666;             // less the user's umask

/// `.<name>.`, which no `*.h5` glob matches.
std::string prefix_of(const fs::path& target) {
  return fmt::format(".{}.", target.filename().string().substr(0, kLongestName));
}

fs::path path_of(int descriptor) { return fmt::format("/proc/self/fd/{}", descriptor); }

int error_of(int result) { return result == 0 ? 0 : errno; }

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
  return error_of(::rename(from.c_str(), to.c_str()));
}

}  // namespace

TemporaryFile::TemporaryFile(const fs::path& target, const fs::path& shown, Kind kind)
    : target_(target), shown_(shown) {
  const fs::path folder = folder_of(target);
  folder_ = Descriptor(
      uninterrupted([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  // One that may be written and not listed can do without.
  if (folder_ < 0 && errno != EACCES) fail(errno);
  remove_stale();
  if (kind == Kind::named || !make_nameless()) make_named();
}

TemporaryFile::~TemporaryFile() {
  if (!name_.empty()) ::unlink(name_.c_str());
}

void TemporaryFile::fail(int code) const { throw output_error(shown_, code); }

fs::path TemporaryFile::path() const { return name_.empty() ? path_of(file_) : name_; }

bool TemporaryFile::make_nameless() {
  const fs::path folder = folder_of(target_);
  file_ = Descriptor(
      uninterrupted([&] { return ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, kMode); }));
  if (file_ < 0) {
    // Each kind of file system has its own way to say that it cannot.
    if (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL || errno == ENOSYS) return false;
    fail(errno);
  }
  // Held while it has a temporary name (`put_in_place`); never contended. Shared, as readers that
  // lock (h5py) may open the file under its own name before it is closed here.
  uninterrupted([&] { return ::flock(file_, LOCK_SH | LOCK_NB); });
  return ::access(path_of(file_).c_str(), F_OK) == 0;  // no /proc, no way to a name
}

void TemporaryFile::make_named() {
  for (;;) {
    const fs::path name = random_name();
    file_ = Descriptor(uninterrupted(
        [&] { return ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kMode); }));
    // NOLINTNEXTLINE(clang-analyzer-unix.Errno): open has failed where file_ < 0
    if (file_ < 0 && errno == EEXIST) continue;
    if (file_ < 0) fail(errno);
    name_ = name;
    // Between its creation and this lock another writer may have taken it for a dead one's: then it
    // has no name any more. A file system without locks leaves the files of killed writers.
    uninterrupted([&] { return ::flock(file_, LOCK_SH); });
    struct stat info {};
    if (::fstat(file_, &info) != 0) fail(errno);
    if (info.st_nlink > 0) return;
    name_.clear();
  }
}

void TemporaryFile::remove_stale() const {
  const std::string prefix = prefix_of(target_);
  std::error_code failed;  // housekeeping: what cannot be listed or removed stays
  for (fs::directory_iterator entry(folder_of(target_), failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(prefix) || !name.ends_with(kSuffix)) continue;
    const Descriptor file(  // to write: some file systems lock no other
        ::open(entry->path().c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (file >= 0 && ::flock(file, LOCK_EX | LOCK_NB) == 0) ::unlink(entry->path().c_str());
  }
}

fs::path TemporaryFile::random_name() const {
  std::uint64_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random) fail(errno);
  return folder_of(target_) / fmt::format("{}{:016x}{}", prefix_of(target_), random, kSuffix);
}

int TemporaryFile::link_as(const fs::path& name) const {
  return error_of(
      ::linkat(AT_FDCWD, path_of(file_).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW));
}

int TemporaryFile::rename_to_target(Replace replace) const {
  if (replace == Replace::no) return rename_new(name_, target_);
  return error_of(::rename(name_.c_str(), target_.c_str()));
}

void TemporaryFile::put_in_place(Replace replace) {
  if (uninterrupted([&] { return ::fsync(file_); }) != 0) fail(errno);
  if (name_.empty() && replace == Replace::no) {
    if (const int code = link_as(target_); code != 0) fail(code);
  } else {
    if (name_.empty()) {  // a link replaces nothing, a rename does
      const fs::path name = random_name();
      if (const int code = link_as(name); code != 0) fail(code);
      name_ = name;
    }
    if (const int code = rename_to_target(replace); code != 0) fail(code);
    name_.clear();
  }
  // The new name itself must reach the disk; not every file system can be asked.
  if (folder_ >= 0 && uninterrupted([&] { return ::fsync(folder_); }) != 0 && errno != EINVAL &&
      errno != EROFS && errno != EBADF && errno != ENOTSUP)
    fail(errno);
}

}  // namespace dreamer::io
