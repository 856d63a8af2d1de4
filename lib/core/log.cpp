#include "core/log.h"

#include <unistd.h>

#include "core/printable.h"

namespace dreamer::log {
namespace {

constexpr std::size_t kLongest = 1000;  // bytes of a message: what it quotes may be of any size

struct State {
  std::string program = "dreamer";
  Level level = Level::normal;
};

State& state() {
  static State instance;
  return instance;
}

void write_whole(std::string_view text) {
  // One write(2) a line: lines of several threads and processes do not interleave.
  while (!text.empty()) {
    const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
    if (n <= 0) return;  // nowhere to complain to
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

void configure(std::string program, Level level) { state() = {std::move(program), level}; }

Level level() { return state().level; }

const std::string& program() { return state().program; }

void line(std::string_view text) {
  write_whole(fmt::format("{}: {}\n", program(), printable(text, kLongest)));
}

void error(std::string_view text) { line(fmt::format("error: {}", text)); }

}  // namespace dreamer::log
