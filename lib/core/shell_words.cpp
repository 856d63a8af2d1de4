#include "core/shell_words.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

namespace dreamer {
namespace {

bool is_control(char c) { return std::iscntrl(static_cast<unsigned char>(c)) != 0; }

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("_-+=,./:@%").find(c) != std::string_view::npos;
}

std::string quoted(const std::string& word) {
  if (!word.empty() && std::ranges::all_of(word, is_plain)) return word;
  const bool controls = std::ranges::any_of(word, is_control);
  std::string text = controls ? "$'" : "'";
  for (const char c : word) {
    if (controls && is_control(c))
      text += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    else if (controls && (c == '\'' || c == '\\'))
      text += fmt::format("\\{}", c);
    else if (c == '\'')
      text += "'\\''";
    else
      text += c;
  }
  return text + "'";
}

}  // namespace

std::string shell_words(std::span<const std::string> words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    line += quoted(word);
  }
  return line;
}

}  // namespace dreamer
