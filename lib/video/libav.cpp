#include "video/libav.h"

#include <array>
#include <cstdarg>
#include <string>

#include "core/error.h"
#include "core/log.h"

namespace dreamer::media {
namespace {

void forward(void* source, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_INFO) return;
  std::array<char, 1024> text{};
  int prefix = 1;
  av_log_format_line2(source, level, format, arguments, text.data(), text.size(), &prefix);
  std::string line = text.data();
  while (!line.empty() && line.back() == '\n') line.pop_back();
  if (!line.empty()) log::verbose("{}", line);
}

}  // namespace

int check(int result, const char* what) {
  if (result >= 0) return result;
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(result, text.data(), text.size());
  const bool full =
      result == AVERROR(ENOSPC) || result == AVERROR(EFBIG) || result == AVERROR(EDQUOT);
  throw error("cannot {}: {}{}", what, text.data(),
              full ? "; free some space or choose another place" : "");
}

void forward_log() { av_log_set_callback(forward); }

}  // namespace dreamer::media
