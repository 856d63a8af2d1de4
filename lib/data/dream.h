#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/episode.h"
#include "io/provenance.h"

namespace dreamer::data {

enum class DreamKind {
  open_loop,  // along logged actions, so there is a truth to compare with
  policy,     // along the policy's own actions
  what_if     // along actions that the user chose
};
/// "open_loop", "policy", "what_if".
[[nodiscard]] const char* name_of(DreamKind kind);

/// What a world model imagined from N starts over H rows. Row 0 of dream n is row start_row[n] of
/// its episode; the first `context` rows are reconstructions from the posterior, which saw the
/// images; the rest is the prior's. Letters: N starts, H rows, A action, S stochastic, D
/// deterministic, Y,X,C image.
struct Dream {
  DreamKind kind = DreamKind::open_loop;
  Signature signature;             // of the model
  std::string model;               // its id; empty: unknown
  std::int64_t model_updates = 0;  // and how often it was updated
  std::int64_t context = 0;
  std::int64_t starts = 0, horizon = 0;  // N, H
  std::int64_t stoch_size = 0, deter_size = 0;

  std::vector<std::string> start_episode;  // [N]: path of the episode that it starts in
  std::vector<std::int64_t> start_row;     // [N]

  std::vector<float> action;    // [N,H,A]
  std::vector<float> stoch;     // [N,H,S]
  std::vector<float> deter;     // [N,H,D]
  std::vector<float> reward;    // [N,H]; may be empty (the model predicts none)
  std::vector<float> value;     // [N,H]; may be empty (no policy given)
  std::vector<float> discount;  // [N,H]; may be empty
  // The observations of the signature, decoded, and what was logged; empty without a truth.
  std::map<std::string, std::vector<std::uint8_t>> images, truth_images;  // [N,H,Y,X,C]
  std::map<std::string, std::vector<float>> vectors, truth_vectors;       // [N,H,…]
  std::vector<float> truth_reward;  // [N,H]; empty without a truth or a predicted reward

  [[nodiscard]] bool has_truth() const { return !truth_images.empty() || !truth_vectors.empty(); }
};

/// Writes `dream` to `path` (format dreamer.dream 1.1).
void write_dream(const std::filesystem::path& path, const Dream& dream,
                 const io::Provenance& provenance, io::Replace replace);

/// Reads a dream whole, checking its shapes.
[[nodiscard]] Dream read_dream(const std::filesystem::path& path);

}  // namespace dreamer::data
