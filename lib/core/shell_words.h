#pragma once

#include <span>
#include <string>

namespace dreamer {

/// The words as a command line that a POSIX shell reads back as these words, on one line: quoted
/// where they need it ('…', or $'…' for control characters).
[[nodiscard]] std::string shell_words(std::span<const std::string> words);

}  // namespace dreamer
