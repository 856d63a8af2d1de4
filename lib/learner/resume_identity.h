#pragma once

#include <string>

#include "core/json.h"

namespace dreamer {

/// In what two commands differ, in words of the command line: "--seed (0 there, 5 here), the
/// episodes of --data"; empty if in nothing that decides what is learned.
/// @param theirs what the resume file holds; what an older version did not write is not compared
[[nodiscard]] std::string differences(const Json& theirs, const Json& ours);

}  // namespace dreamer
