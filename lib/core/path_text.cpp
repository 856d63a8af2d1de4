#include "core/path_text.h"

#include <charconv>

#include <fmt/format.h>

namespace dreamer {
namespace {

constexpr std::string_view kScheme = "file:";

/// How many bytes at the beginning of `text` are one character of UTF-8; 0: none are.
std::size_t character_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  // The second byte tells characters that have a shorter form, surrogates and what is past the
  // last.
  const unsigned least = first == 0xe0   ? 0xa0
                         : first == 0xf0 ? 0x90
                                         : 0x80,
                 most = first == 0xed   ? 0x9f
                        : first == 0xf4 ? 0x8f
                                        : 0xbf;
  if (byte(1) < least || byte(1) > most) return 0;
  for (std::size_t i = 2; i < size; ++i)
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  return size;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = character_bytes(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace

std::string text_of_path(const std::filesystem::path& path) {
  const std::string& bytes = path.native();
  if (is_utf8(bytes) && !bytes.starts_with(kScheme)) return bytes;
  std::string text(kScheme);
  for (std::string_view rest = bytes; !rest.empty();) {
    const std::size_t size = character_bytes(rest);
    if (size == 0 || rest.front() == '%') {
      text += fmt::format("%{:02X}", static_cast<unsigned char>(rest.front()));
      rest.remove_prefix(1);
    } else {
      text += rest.substr(0, size);
      rest.remove_prefix(size);
    }
  }
  return text;
}

std::filesystem::path path_of_text(std::string_view text) {
  if (!text.starts_with(kScheme)) return text;
  text.remove_prefix(kScheme.size());
  std::string bytes;
  while (!text.empty()) {
    unsigned value = 0;
    const std::string_view digits = text.substr(1, 2);
    const auto [end, status] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    const bool encoded = text.front() == '%' && digits.size() == 2 && status == std::errc() &&
                         end == digits.data() + digits.size();
    bytes += encoded ? static_cast<char>(value) : text.front();
    text.remove_prefix(encoded ? 3 : 1);
  }
  return bytes;
}

}  // namespace dreamer
