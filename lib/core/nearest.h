#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dreamer {

/// The candidate with the smallest edit distance to `word`, if it is near enough for a misspelling
/// (no more than a third of the letters differ); else the first that begins with it; else empty.
[[nodiscard]] std::string nearest(std::string_view word, std::span<const std::string> candidates);

/// ", did you mean X?" or nothing: the tail of an error message about an unknown `word`.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string> candidates);

}  // namespace dreamer
