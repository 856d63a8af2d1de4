#include "cli/option_error.h"

#include <fmt/format.h>

namespace dreamer::cli {
namespace {

/// What stands before and behind a part of a text.
struct Halves {
  std::string_view first, second;
  bool found;
};

Halves split(std::string_view text, std::string_view at) {
  const auto place = text.find(at);
  if (place == std::string_view::npos) return {text, {}, false};
  return {text.substr(0, place), text.substr(place + at.size()), true};
}

}  // namespace

std::string in_words(std::string_view kind, std::string_view text) {
  if (kind == "ArgumentMismatch") {  // "--seed: 1 required N missing"
    if (const auto halves = split(text, ": "); halves.found)
      return fmt::format("{} needs a value", halves.first);
  } else if (kind == "ConversionError") {  // "Could not convert: --fps = x"
    const auto option = split(text, "Could not convert: ");
    const auto value = split(option.second, " = ");
    if (value.found) return fmt::format("{} {}: no such value", value.first, value.second);
  } else if (kind == "RequiresError") {  // "--min-episodes requires --follow"
    if (const auto halves = split(text, " requires "); halves.found)
      return fmt::format("{} needs {}", halves.first, halves.second);
  } else if (kind == "ExcludesError") {  // "--steps excludes --episodes"
    if (const auto halves = split(text, " excludes "); halves.found)
      return fmt::format("{} and {} exclude each other", halves.first, halves.second);
  } else if (const auto extra = split(text, "not expected: "); extra.found) {
    return fmt::format("{}: not expected here", extra.second);  // its kind is the program's name
  }
  return std::string(text);
}

}  // namespace dreamer::cli
