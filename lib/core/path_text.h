#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace dreamer {

/// A path as text that JSON can hold. A path is any bytes, JSON is UTF-8: one that is not UTF-8
/// becomes a URI, "file:" and the path with those bytes and '%' as %XX, and so does one that itself
/// begins with "file:". `path_of_text` gives back exactly the same path.
[[nodiscard]] std::string text_of_path(const std::filesystem::path& path);

/// The path that a text of `text_of_path` stands for; other text is a path as it is.
[[nodiscard]] std::filesystem::path path_of_text(std::string_view text);

}  // namespace dreamer
