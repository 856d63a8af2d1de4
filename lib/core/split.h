#pragma once

#include <sstream>
#include <string>
#include <vector>

namespace dreamer {

/// The parts of `text` between separators; of an empty text none.
[[nodiscard]] inline std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

}  // namespace dreamer
