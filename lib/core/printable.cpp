#include "core/printable.h"

#include <fmt/format.h>

namespace dreamer {
namespace {

bool inside_of_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// The control characters are ASCII's below the blank, DEL, and in UTF-8 U+0080 to U+009F.
bool is_control(std::string_view text, std::size_t at) {
  const auto c = static_cast<unsigned char>(text[at]);
  if (c < 0x20 || c == 0x7F) return true;
  return c >= 0x80 && c < 0xA0 && at > 0 && text[at - 1] == '\xC2';
}

/// Beginning and end, which name the place and the remedy, cut between characters.
std::string abbreviated(std::string_view text, std::size_t most) {
  std::size_t head = most * 2 / 3, tail = text.size() - most / 3;
  while (head > 0 && inside_of_character(text[head])) --head;
  while (tail < text.size() && inside_of_character(text[tail])) ++tail;
  return fmt::format("{} … {}", text.substr(0, head), text.substr(tail));
}

}  // namespace

std::string printable(std::string_view text, std::size_t most) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_control(text, i))
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i]));
    else if (text[i] != '\xC2' || i + 1 == text.size() || !is_control(text, i + 1))
      result += text[i];
  }
  return result.size() > most ? abbreviated(result, most) : result;
}

}  // namespace dreamer
