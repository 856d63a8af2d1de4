#pragma once

#include <string>
#include <string_view>

namespace dreamer {

/// Text that may hold anything (a name or a value out of somebody's file), for one line of a
/// terminal: control characters are written as \x1b, so that it neither leaves its line nor moves
/// the cursor, and of more than `most` bytes the middle is left out.
[[nodiscard]] std::string printable(std::string_view text,
                                    std::size_t most = std::string_view::npos);

}  // namespace dreamer
