#pragma once

namespace dreamer::media {

/// A function of the companion library `dreamer_video`, which is opened when it is first asked for.
[[nodiscard]] void* video_library_symbol(const char* name);

}  // namespace dreamer::media
