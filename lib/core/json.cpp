#include "core/json.h"

#include <algorithm>

#include "core/error.h"

namespace dreamer {
namespace {

/// Whether brackets outside of strings and comments nest deeper than `most`. Text that is no JSON
/// may pass: the parser, which does not recurse, refuses it.
bool nests_deeper(std::string_view text, int most) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (text.substr(i, 2) == "//") {
      i = std::min(text.find('\n', i), text.size());
    } else if (text.substr(i, 2) == "/*") {
      i = std::min(text.find("*/", i + 2), text.size());
    } else if (c == '[' || c == '{') {
      if (++depth > most) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

/// nlohmann's message without its number: "parse error at line 1, column 5: …".
std::string_view reason_of(const Json::exception& e) {
  const std::string_view text = e.what();
  const auto end = text.find("] ");
  return end == std::string_view::npos ? text : text.substr(end + 2);
}

}  // namespace

std::optional<Json> try_parse_json(std::string_view text) {
  if (text.size() > kLongestJson || nests_deeper(text, kDeepestJson)) return std::nullopt;
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return std::nullopt;
  return json;
}

Json parse_json(std::string_view text, std::string_view where, JsonComments comments) {
  if (text.size() > kLongestJson)
    throw error("{}: {} MiB of JSON text, {} are read at most", where, text.size() >> 20,
                kLongestJson >> 20);
  if (nests_deeper(text, kDeepestJson))
    throw error("{}: JSON nested deeper than {} levels", where, kDeepestJson);
  try {
    return Json::parse(text, nullptr, true, comments == JsonComments::ignore);
  } catch (const Json::exception& e) {
    throw error("{}: not JSON: {}", where, reason_of(e));
  }
}

}  // namespace dreamer
