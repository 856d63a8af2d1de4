#pragma once

#include <vector>

#include "data/episode_frames.h"
#include "media/render_options.h"
#include "media/video.h"

namespace dreamer::media {

/// The episodes side by side in a grid, in step with each other: one frame a row of the episode;
/// one that is over stays on its last frame, faded. Where they are of several tasks, each has its
/// task's name above it. Throws Error if one has no images.
[[nodiscard]] Clip episode_clip(std::vector<data::EpisodeFrames> episodes,
                                const RenderOptions& options);

/// The clip's canvas of row `options.row`.
[[nodiscard]] Canvas episode_still(std::vector<data::EpisodeFrames> episodes,
                                   const RenderOptions& options);

/// One canvas, time from left to right: frames of each episode, evenly spaced.
[[nodiscard]] Canvas episode_strip(const std::vector<data::EpisodeFrames>& episodes,
                                   const RenderOptions& options);

}  // namespace dreamer::media
