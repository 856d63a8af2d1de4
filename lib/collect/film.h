#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/footage.h"
#include "env/renderer.h"

namespace dreamer {

struct FilmOptions {
  std::int64_t size = 0;    // rows and columns; 0: as the logged images, or 64 if there are none
  std::string camera = {};  // name or number; empty: the task's
  env::RenderQuality render = env::RenderQuality::exact;
};

/// Logged episodes of our tasks, filmed anew: their frames are drawn when they are asked for, in
/// the thread that calls this, from the physics that they store. One that stores none is acted
/// again from its seed, and must then give the rewards that it logged. Episodes of the same task
/// share one simulator and renderer.
/// @throws Error if one is of no task of ours, or cannot be acted again
[[nodiscard]] std::vector<data::Footage> film(const std::vector<std::filesystem::path>& episodes,
                                              const FilmOptions& options);

}  // namespace dreamer
