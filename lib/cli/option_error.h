#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace dreamer::cli {

/// What CLI11 has against the command line, in our words: option, value, what is wrong with it.
[[nodiscard]] std::string in_words(const CLI::Error& error);

}  // namespace dreamer::cli
