#include "core/log.h"

#include <unistd.h>

#include "core/printable.h"
#include "core/terminal.h"

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

}  // namespace

void configure(std::string program, Level level) { state() = {std::move(program), level}; }

Level level() { return state().level; }

const std::string& program() { return state().program; }

void line(std::string_view text) {
  // Where it cannot be written there is nowhere to complain to.
  static_cast<void>(terminal::write(STDERR_FILENO,
                                    fmt::format("{}: {}\n", program(), printable(text, kLongest))));
}

void error(std::string_view text) { line(fmt::format("error: {}", text)); }

}  // namespace dreamer::log
