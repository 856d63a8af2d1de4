#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <utility>
#include <vector>

#include "data/episode.h"

namespace dreamer::data {

/// An episode and where its frames come from: its own images, or `draw`, which makes the frame of a
/// row when it is asked for. `episode.signature` has the shape of the frames.
struct EpisodeFrames {
  using Draw = std::function<std::vector<std::uint8_t>(std::int64_t row)>;  // [H,W,C]

  // NOLINTNEXTLINE(google-explicit-constructor): an episode with its own images is one
  EpisodeFrames(Episode shown, Draw drawn = {})
      : episode(std::move(shown)), draw(std::move(drawn)) {}

  Episode episode;
  Draw draw;
};

/// The episodes of these files with their rewards. Their images are read a few rows at a time when
/// they are drawn, so that any number of episodes takes about the same memory. Only
/// `signature`, `seed`, `index` and `reward` of them are filled.
[[nodiscard]] std::vector<EpisodeFrames> open_frames(
    const std::vector<std::filesystem::path>& paths);

}  // namespace dreamer::data
