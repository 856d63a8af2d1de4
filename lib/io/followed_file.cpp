#include "io/followed_file.h"

#include <sys/stat.h>

#include "core/log.h"
#include "core/signals.h"

namespace dreamer::io {
namespace {

constexpr double kSecondsBetweenLooks = 0.5;

}  // namespace

bool FollowedFile::is_new() {
  struct stat info {};
  if (::stat(path_.c_str(), &info) != 0) return false;  // not there, or the network is away
  const Stamp now = {info.st_dev, info.st_ino, info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
                     info.st_size};
  if (seen_ == now) return false;
  seen_ = now;
  return true;
}

bool FollowedFile::wait() {
  if (is_new()) return true;
  log::info("waiting for {}", path_.string());
  while (signals::pause(kSecondsBetweenLooks))
    if (is_new()) return true;
  return false;
}

}  // namespace dreamer::io
