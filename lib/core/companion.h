#pragma once

#include <string>

namespace dreamer {

/// When a companion library's functions are looked up: all at once, or each when it is called.
enum class Binding { now, lazy };

/// The function `symbol` of libdreamer_NAME.so, a part of the library that stands on one which
/// takes long to load, and that is opened when it is first asked for.
/// @param purpose in errors: "the library for video"  @param remedy likewise
/// @throws Error if it cannot be opened or is of another version
[[nodiscard]] void* companion_symbol(const std::string& name, const char* symbol,
                                     const std::string& purpose, const std::string& remedy,
                                     Binding binding = Binding::now);

}  // namespace dreamer
