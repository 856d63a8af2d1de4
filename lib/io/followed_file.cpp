#include "io/followed_file.h"

#include "core/log.h"
#include "core/signals.h"

namespace dreamer::io {
namespace {

constexpr double kSecondsBetweenLooks = 0.5;

}  // namespace

bool FollowedFile::is_new() {
  const auto now = stamp_of(path_);
  if (!now || seen_ == now) return false;
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
