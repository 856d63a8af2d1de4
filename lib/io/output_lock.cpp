#include "io/output_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "core/error.h"
#include "core/log.h"
#include "core/output_error.h"
#include "io/crash.h"

namespace dreamer::io {
namespace {

namespace fs = std::filesystem;

/// Opens or makes the file. One that another user left can still be locked, though not be written.
int open_file(const fs::path& path) {
  constexpr int kSafely = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  const int file =
      uninterrupted([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | kSafely, 0666); });
  return file < 0 && errno == EACCES ? ::open(path.c_str(), O_RDONLY | kSafely) : file;
}

bool lock(int file) {
  return uninterrupted([&] { return ::flock(file, LOCK_EX | LOCK_NB); }) == 0;
}

/// Whether `path` still names the open file: who held the lock before may have removed it.
bool is_named(int file, const fs::path& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(file, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

void write_holder(int file) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::string text =
      fmt::format("{}, process {} on {}", log::program(), ::getpid(), host.data());
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, text.data(), text.size(), 0) < 0)
    log::verbose("the lock does not say who holds it: {}", std::strerror(errno));
}

std::string holder(int file) {
  std::array<char, 512> text{};
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : "another process";
}

}  // namespace

OutputLock::OutputLock(const fs::path& out)
    : path_(out.parent_path() / fmt::format(".{}.lock", out.stem().string())) {
  do {
    file_ = Descriptor(open_file(path_));
    if (file_ < 0) throw output_error(out, errno);
    if (lock(file_)) continue;
    const int code = errno;
    if (code == EWOULDBLOCK)
      throw error("{}: {} is working on it; wait for its end, or give another --out", out.string(),
                  holder(file_));
    log::warning("{} cannot be locked ({}): see that no other run writes it", out.string(),
                 std::strerror(code));
    return;
  } while (!is_named(file_, path_));
  write_holder(file_);
  remove_on_crash(path_.c_str());
}

OutputLock::~OutputLock() {
  remove_on_crash(nullptr);
  if (is_named(file_, path_)) ::unlink(path_.c_str());  // while nobody else can hold it
}

}  // namespace dreamer::io
