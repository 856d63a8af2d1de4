#pragma once

#include <string_view>

#include "config/config.h"

namespace dreamer {

/// Lays the settings that a file was made with over `config`. Sections and settings that are not
/// known here are left alone: a newer minor version may have added them. A known one with a value
/// that it cannot have is an Error at `where`.
void merge_stored(Config& config, const Json& stored, std::string_view where);

}  // namespace dreamer
