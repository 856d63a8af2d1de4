#pragma once

#include <string>
#include <string_view>

namespace dreamer::cli {

/// What CLI11 has against the command line, in our words: option, value, what is wrong with it.
/// @param kind CLI11's name of the error: "RequiresError"
/// @param text its text
[[nodiscard]] std::string in_words(std::string_view kind, std::string_view text);

}  // namespace dreamer::cli
