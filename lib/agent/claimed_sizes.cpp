#include "agent/claimed_sizes.h"

#include <algorithm>

#include "core/error.h"
#include "model/encoder.h"

namespace dreamer {
namespace {

constexpr std::int64_t kMost = 1 << 20;  // actions or channels: far more than any task has

void check_shape(const io::FileReader& file, const std::string& path, const io::Shape& claimed) {
  const io::Shape shape = file.info(path).shape;
  if (shape != claimed)
    throw error("{} is {}, the configuration in the file makes it {}; the file is damaged", path,
                fmt::join(shape, "x"), fmt::join(claimed, "x"));
}

/// A head of dense layers: features -> units -> … -> units -> its outputs.
void check_head(const io::FileReader& file, const std::string& group, std::int64_t features,
                std::int64_t units, std::int64_t layers) {
  for (std::int64_t i = 1; i <= layers; ++i)
    check_shape(file, fmt::format("{}/hidden{}/weight", group, i),
                {units, i == 1 ? features : units});
}

}  // namespace

void check_claimed_sizes(const io::FileReader& file, const Config& config,
                         const Signature& signature) {
  const ModelConfig& m = config.model;
  const std::int64_t embedding = Encoder::embedding(m.depth), features = m.feature();
  const ImageShape image = image_shape(signature);
  const std::int64_t actions = signature.action.size();
  if (std::min(actions, image.channels) < 1 || std::max(actions, image.channels) > kMost)
    throw error("/model: {} actions and {} channels; the file is damaged", actions, image.channels);
  check_shape(file, "/model/encoder/conv1/weight", {m.depth, image.channels, 4, 4});
  check_shape(file, "/model/encoder/conv4/weight", {8 * m.depth, 4 * m.depth, 4, 4});
  check_shape(file, "/model/decoder/dense/weight", {embedding, features});
  check_shape(file, "/model/rssm/input/weight", {m.hidden, m.stoch + actions});
  check_shape(file, "/model/rssm/gru/weight_hh", {3 * m.deter, m.deter});
  check_shape(file, "/model/rssm/posterior_hidden/weight", {m.hidden, m.deter + embedding});
  check_head(file, "/model/reward", features, m.units, m.reward_layers);
  if (m.discount_head) check_head(file, "/model/discount", features, m.units, m.discount_layers);
  if (file.format() != "dreamer.policy") return;
  const BehaviorConfig& b = config.behavior;
  check_head(file, "/actor", features, b.units, b.actor_layers);
  check_head(file, "/value", features, b.units, b.value_layers);
}

}  // namespace dreamer
