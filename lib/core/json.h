#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

namespace dreamer {

/// JSON whose objects keep the order in which their keys were written.
using Json = nlohmann::ordered_json;

/// How deep arrays and objects nest at most in JSON text of others. What walks over values (dump,
/// ==, diff, our own functions) recurses, and would overflow the stack on text that nests deeper.
constexpr int kDeepestJson = 64;

/// How many bytes JSON text of others has at most: a value takes up to thirty times its text.
constexpr std::size_t kLongestJson = std::size_t{16} << 20;

/// Text of others (an attribute, a line on standard input, a log) as JSON; nothing where it is
/// none, nests deeper than kDeepestJson or is longer than kLongestJson. All JSON that this process
/// did not write itself goes through here or through `parse_json`.
[[nodiscard]] std::optional<Json> try_parse_json(std::string_view text);

/// Whether JSON text may have comments: files that people write may.
enum class JsonComments { refuse, ignore };

/// The same for text that must be JSON. @throws Error "where: not JSON: the reason and the place"
[[nodiscard]] Json parse_json(std::string_view text, std::string_view where,
                              JsonComments comments = JsonComments::refuse);

}  // namespace dreamer
