#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "data/episode_frames.h"
#include "env/environment.h"

namespace dreamer {

struct RerenderOptions {
  std::int64_t size = 0;    // rows and columns; 0: as the logged images, or 64 if there are none
  std::string camera = {};  // name or number; empty: the task's
  env::RenderQuality render = env::RenderQuality::exact;
};

/// The simulators that draw: what they show is all in the state that they restore, so one serves
/// all episodes of a task and size.
class Rerenderer {
 public:
  explicit Rerenderer(RerenderOptions options) : options_(std::move(options)) {}
  [[nodiscard]] data::EpisodeFrames open(data::Episode logged);

 private:
  using Key = std::tuple<std::string, std::int64_t, std::int64_t>;  // task, height, width

  [[nodiscard]] std::shared_ptr<env::Environment> environment_for(const data::Episode& logged);

  RerenderOptions options_;
  std::map<Key, std::shared_ptr<env::Environment>> environments_;
};

/// Re-renders logged episodes of our tasks: their frames are drawn when they are asked for, in the
/// thread that calls this, from the physics that they store. One that stores none is re-enacted
/// from its seed, and must then give the rewards that it logged. Episodes of the same task share
/// one simulator and renderer.
/// @throws Error if one is of no task of ours, or cannot be re-enacted
[[nodiscard]] std::vector<data::EpisodeFrames> rerender(
    const std::vector<std::filesystem::path>& episodes, const RerenderOptions& options);

}  // namespace dreamer
