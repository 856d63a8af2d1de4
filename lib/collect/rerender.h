#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/episode_frames.h"
#include "env/renderer.h"

namespace dreamer {

struct RerenderOptions {
  std::int64_t size = 0;    // rows and columns; 0: as the logged images, or 64 if there are none
  std::string camera = {};  // name or number; empty: the task's
  env::RenderQuality render = env::RenderQuality::exact;
};

/// Re-renders logged episodes of our tasks: their frames are drawn when they are asked for, in the
/// thread that calls this, from the physics that they store. One that stores none is re-enacted
/// from its seed, and must then give the rewards that it logged. Episodes of the same task share
/// one simulator and renderer.
/// @throws Error if one is of no task of ours, or cannot be re-enacted
[[nodiscard]] std::vector<data::EpisodeFrames> rerender(
    const std::vector<std::filesystem::path>& episodes, const RerenderOptions& options);

}  // namespace dreamer
