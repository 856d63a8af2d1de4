#pragma once

#include <cstdint>
#include <vector>

#include "data/dream.h"
#include "media/render_options.h"
#include "media/video.h"

namespace dreamer::media {

/// A dream over its H rows. Along logged actions: for each start the truth, what the model makes of
/// it, and the error (error_canvas), one below the other. Under a policy: a grid of the dreams.
/// The model's frames stand in a green border while it still sees the truth (the context) and in an
/// orange one when it is on its own.
[[nodiscard]] Clip dream_clip(data::Dream dream, const RenderOptions& options);

/// One canvas, time from left to right: the end of the context, then +1 and evenly spaced steps of
/// the prediction; for each start the rows truth, model and error (only the model's under a
/// policy).
[[nodiscard]] Canvas dream_strip(data::Dream dream, const RenderOptions& options);

/// The columns of a dream's strip: at most `most` of the rows 0 … rows-1, in order.
[[nodiscard]] std::vector<std::int64_t> strip_rows(std::int64_t context, std::int64_t rows,
                                                   std::int64_t most);

}  // namespace dreamer::media
