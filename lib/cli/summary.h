#pragma once

#include "core/json.h"

namespace dreamer::cli {

/// A summary of dr-eval on stdout: JSON, or text for people.
void show_summary(const Json& summary);

}  // namespace dreamer::cli
