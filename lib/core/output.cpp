#include "core/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "core/error.h"
#include "core/signals.h"
#include "core/terminal.h"

namespace dreamer {
namespace {

bool& json_preferred() {
  static bool preferred = false;
  return preferred;
}

}  // namespace

void emit_text(std::string_view text) {
  switch (const int failure = terminal::write(STDOUT_FILENO, text)) {
    case 0:
      return;
    case EPIPE:
      throw ClosedPipe();
    case EINTR:
      throw signals::Stopped();
    case EBADF:
      throw error("standard output is closed; open it, or send it to a file");
    default:
      throw error("cannot write to standard output: {}", std::strerror(failure));
  }
}

void emit(const Json& line) {
  // A name on a Unix file system need not be UTF-8: such bytes are replaced, not fatal.
  emit_text(line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

void prefer_json() { json_preferred() = true; }

bool shown_to_people() {
  static const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  return terminal && !json_preferred();
}

void emit(const Json& line, Table& table) {
  if (shown_to_people())
    emit_text(table.row(line));
  else
    emit(line);
}

}  // namespace dreamer
