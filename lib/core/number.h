#pragma once

#include "core/json.h"

namespace dreamer {

/// The double that is printed with the digits of a float32: 0.3 for 0.3f, which as a double would
/// be 0.30000001192092896. Quantities that were computed in float32 go through it on their way to
/// JSON; what they lose are digits that they never had, and (float)as_printed(x) == x.
[[nodiscard]] double as_printed(float value);

/// The same for every real number in it.
[[nodiscard]] Json as_printed(Json values);

}  // namespace dreamer
