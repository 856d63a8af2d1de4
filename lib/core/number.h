#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/json.h"

namespace dreamer {

/// The double that is printed with the digits of a float32: 0.3 for 0.3f, which as a double would
/// be 0.30000001192092896. Quantities that were computed in float32 go through it on their way to
/// JSON; what they lose are digits that they never had, and (float)as_printed(x) == x.
[[nodiscard]] double as_printed(float value);

/// The same for every real number in it.
[[nodiscard]] Json as_printed(Json values);

// Numbers that people type, in options and environment variables. Always decimal: zeros in front
// mean nothing, as in the names of our files, and never make a number octal.

/// "-12" or "0012"; nothing for any other text, or a number beyond 64 bits.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);

/// A finite decimal number such as "0.25" or "1e-3"; nothing for any other text.
[[nodiscard]] std::optional<double> parse_real(std::string_view text);

/// Bytes: an integer of at least 0, followed by nothing, K, M, G or T (powers of 1024; "4G",
/// "500MB", "1GiB"); nothing for any other text, or more bytes than 63 bits count.
[[nodiscard]] std::optional<std::int64_t> parse_size(std::string_view text);

}  // namespace dreamer
