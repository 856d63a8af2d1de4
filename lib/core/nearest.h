#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dreamer {

/// The candidate with the smallest edit distance to `word`; empty if none is near enough to be a
/// misspelling of it (more than a third of the letters differ).
[[nodiscard]] std::string nearest(std::string_view word, std::span<const std::string> candidates);

/// ", did you mean X?" or nothing: the tail of an error message about an unknown `word`.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string> candidates);

}  // namespace dreamer
