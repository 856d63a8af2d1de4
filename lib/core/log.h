#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace dreamer::log {

enum class Level { quiet, normal, verbose };

/// Sets the program's name (the prefix of every line) and how much is said. Called by
/// cli::Program.
void configure(std::string program, Level level);
[[nodiscard]] Level level();
[[nodiscard]] const std::string& program();

/// One line on stderr, `dr-x: TEXT`, whole even when several threads write.
void line(std::string_view text);

/// `dr-x: error: …`, shown at every level.
void error(std::string_view text);

template <class... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  if (level() != Level::quiet) line("warning: " + fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (level() != Level::quiet) line(fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void verbose(fmt::format_string<Args...> format, Args&&... args) {
  if (level() == Level::verbose) line(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace dreamer::log
