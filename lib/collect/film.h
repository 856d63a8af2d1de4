#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "data/footage.h"
#include "env/renderer.h"

namespace dreamer {

struct FilmOptions {
  std::int64_t size = 0;    // rows and columns; 0: as the logged images, or 64 if there are none
  std::string camera = {};  // name or number; empty: the task's
  env::RenderQuality render = env::RenderQuality::exact;
};

/// A logged episode of one of our tasks, filmed anew: its frames are drawn when they are asked for,
/// in the thread that calls this, from the physics that it stores. One that stores none is acted
/// again from its seed, and must then give the rewards that it logged.
/// @throws Error if it is of no task of ours, or cannot be acted again
[[nodiscard]] data::Footage film(const std::filesystem::path& episode, const FilmOptions& options);

}  // namespace dreamer
