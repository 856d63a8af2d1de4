#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace dreamer {

/// Names an episode of a task: the seed of a random generator, and which of its episodes this is.
struct EpisodeId {
  std::int64_t seed = 0, index = 0;
  bool operator==(const EpisodeId&) const = default;
};

/// What an agent learns from a reset (reward 0, discount 1) or a step. The observations are those
/// of the environment's signature, by name, each of its space's shape.
struct Step {
  std::map<std::string, std::vector<std::uint8_t>> images = {};  // [Y,X,C]
  std::map<std::string, std::vector<float>> vectors = {};
  float reward = 0;
  float discount = 1;  // 0: the episode has come to an end of its own
  bool last = false;   // the episode is over, by an end of its own or by a time limit
};

}  // namespace dreamer
