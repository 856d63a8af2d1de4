#pragma once

namespace dreamer {

/// Seconds since this process was started, the loading of its libraries included; to a hundredth.
[[nodiscard]] double seconds_since_start();

}  // namespace dreamer
