#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "data/episode.h"

namespace dreamer::data {

/// An episode and where its frames come from: its own images, or `draw`, which makes the images of
/// a row when it is asked for, by camera. `episode.signature` has their shapes.
struct EpisodeFrames {
  using Images = std::map<std::string, std::vector<std::uint8_t>>;  // [Y,X,C] each
  using Draw = std::function<Images(std::int64_t row)>;

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
