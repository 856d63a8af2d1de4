#include "learner/memory_need.h"

#include <algorithm>

#include "core/error.h"

namespace dreamer {
namespace {

constexpr double kFloat = sizeof(float);
constexpr double kCopies = 4;      // of a parameter: itself, its gradient, Adam's two moments
constexpr double kPrefetched = 2;  // batches of bytes
constexpr double kCertain = 2.0 / 3;
constexpr double kGibi = 1 << 30;

struct Sizes {
  double stoch, deter, hidden, units, feature;
};

Sizes sizes_of(const ModelConfig& m) {
  const auto real = [](std::int64_t n) { return static_cast<double>(n); };
  return {real(m.stoch), real(m.deter), real(m.hidden), real(m.units), real(m.feature())};
}

/// Of encoder and decoder of one observation: parameters, values a row that a backward pass needs,
/// and the size of the embedding.
struct ModalitySizes {
  double parameters = 0, activations = 0, embedding = 0;
};

/// As the convolutions of 64x64 images take, in proportion to the pixels.
ModalitySizes image_sizes(const Space& space, const ModelConfig& m) {
  const auto depth = static_cast<double>(m.depth), feature = static_cast<double>(m.feature());
  const double scale =
      static_cast<double>(space.shape[0]) * static_cast<double>(space.shape[1]) / (64.0 * 64.0);
  const double convolutions = (16 * 2 + 16 * 8 + 16 * 32 + 25 * 4 * 32 + 25 * 8 + 36 * 2) * depth;
  const double encoder = 31 * 31 + 14 * 14 * 2 + 6 * 6 * 4 + 2 * 2 * 8;
  const double decoder = 32 + 5 * 5 * 4 + 13 * 13 * 2 + 30 * 30;
  return {convolutions * depth + feature * 32 * depth, scale * (encoder + decoder) * depth,
          32 * depth};
}

ModalitySizes vector_sizes(const Space& space, const ModelConfig& m) {
  const auto units = static_cast<double>(m.vector_units),
             feature = static_cast<double>(m.feature()),
             layers = static_cast<double>(m.vector_layers),
             values = static_cast<double>(space.size());
  return {units * (2 * values + feature + 2 * layers * units), 2 * units * (layers + 1), units};
}

ModalitySizes sizes_of(const Signature& signature, const ModelConfig& m) {
  ModalitySizes all;
  for (const Space& space : signature.observations) {
    const ModalitySizes one =
        space.kind == SpaceKind::image ? image_sizes(space, m) : vector_sizes(space, m);
    all.parameters += one.parameters;
    all.activations += one.activations;
    all.embedding += one.embedding;
  }
  return all;
}

double model_parameters(const ModelConfig& m, const ModalitySizes& modalities) {
  const auto [stoch, deter, hidden, units, feature] = sizes_of(m);
  const double rssm = 3 * deter * (hidden + deter) + stoch * hidden +
                      hidden * (2 * deter + 4 * stoch + modalities.embedding);
  const double ensemble = static_cast<double>(m.ensemble) *
                          (feature + stoch + units * static_cast<double>(m.ensemble_layers)) *
                          units;
  return modalities.parameters + rssm + feature * 2 * units +
         units * units * static_cast<double>(m.reward_layers) + ensemble;
}

/// Values a row that a backward pass needs.
double row_activations(const ModelConfig& m, const ModalitySizes& modalities) {
  const auto [stoch, deter, hidden, units, feature] = sizes_of(m);
  return modalities.activations + 8 * (stoch + deter + hidden) +
         2 * units * static_cast<double>(m.reward_layers + m.ensemble * m.ensemble_layers);
}

std::int64_t bytes(double values_in_bytes) { return static_cast<std::int64_t>(values_in_bytes); }

}  // namespace

std::vector<MemoryNeed> model_memory(const ModelConfig& model, const Signature& signature,
                                     std::int64_t batch, std::int64_t length,
                                     const std::string& section, Learns learns) {
  double bytes_of_row = 0, values = 0;
  for (const Space& space : signature.observations) {
    values += static_cast<double>(space.size());
    bytes_of_row +=
        static_cast<double>(space.size()) * (space.kind == SpaceKind::image ? 1 : kFloat);
  }
  const ModalitySizes modalities = sizes_of(signature, model);
  const double rows = static_cast<double>(batch) * static_cast<double>(length);
  double row = kPrefetched * bytes_of_row;
  if (learns == Learns::yes) row += kFloat * (3 * values + row_activations(model, modalities));
  return {{bytes(rows * row),
           fmt::format("{0}.batch ({1}) or {0}.length ({2})", section, batch, length)},
          {bytes(kCopies * kFloat * model_parameters(model, modalities)),
           fmt::format("model.deter ({}), model.hidden ({}), model.units ({}) or model.depth ({})",
                       model.deter, model.hidden, model.units, model.depth)}};
}

MemoryNeed behavior_memory(const ModelConfig& model, const BehaviorConfig& behavior,
                           std::int64_t rows) {
  const auto [stoch, deter, hidden, units, feature] = sizes_of(model);
  const std::int64_t starts =
      behavior.imagination_starts > 0 ? std::min(behavior.imagination_starts, rows) : rows;
  const auto layers = static_cast<double>(behavior.actor_layers + behavior.value_layers);
  const double step = 4 * (stoch + deter + hidden) + layers * static_cast<double>(behavior.units) +
                      units * static_cast<double>(model.reward_layers) +
                      (behavior.disagreement_scale > 0
                           ? units * static_cast<double>(model.ensemble * model.ensemble_layers)
                           : 0);
  return {
      bytes(kFloat * step * static_cast<double>(starts) * static_cast<double>(behavior.horizon)),
      fmt::format("behavior.imagination_starts ({}) or behavior.horizon ({})", starts,
                  behavior.horizon)};
}

void check_memory(const std::vector<MemoryNeed>& needs, std::int64_t available) {
  double sum = 0;
  for (const MemoryNeed& need : needs) sum += kCertain * static_cast<double>(need.bytes);
  if (sum <= static_cast<double>(available)) return;
  const auto largest = std::ranges::max_element(needs, {}, &MemoryNeed::bytes);
  throw error("this needs more than {:.1f} GiB of memory, {:.1f} GiB are available; lower {}",
              sum / kGibi, static_cast<double>(available) / kGibi, largest->lower);
}

}  // namespace dreamer
