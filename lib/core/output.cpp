#include "core/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "core/error.h"

namespace dreamer {

void emit_text(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EPIPE) throw ClosedPipe();
    if (n < 0) throw error("cannot write to standard output: {}", std::strerror(errno));
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

void emit(const Json& line) {
  // A name on a Unix file system need not be UTF-8: such bytes are replaced, not fatal.
  emit_text(line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace dreamer
