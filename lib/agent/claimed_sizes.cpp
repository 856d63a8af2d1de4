#include "agent/claimed_sizes.h"

#include <algorithm>

#include "core/error.h"
#include "io/checkpoint_header.h"
#include "model/decoder.h"

namespace dreamer {
namespace {

using io::check_shape;

/// A head of dense layers: features -> units -> … -> units -> its outputs.
void check_head(const io::FileReader& file, const std::string& group, std::int64_t features,
                std::int64_t units, std::int64_t layers) {
  for (std::int64_t i = 1; i <= layers; ++i)
    check_shape(file, fmt::format("{}/hidden{}/weight", group, i),
                {units, i == 1 ? features : units});
}

/// The group of a part of an observation.
std::string group_of(const std::string& part, const Space& space) {
  return "/model/" + io::part_name(part, space);
}

/// The layers of an image; the size of its embedding.
std::int64_t check_image(const io::FileReader& file, const Space& space, const ModelConfig& m) {
  const ImageShape image{space.shape[0], space.shape[1], space.shape[2]};
  const std::vector<FeatureMap> maps =
      with_context(file.path().string(), [&] { return feature_maps(image, m.depth); });
  std::int64_t in = image.channels;
  for (std::size_t i = 0; i < maps.size(); ++i) {
    check_shape(file, fmt::format("{}/conv{}/weight", group_of("encoder", space), i + 1),
                {maps[i].channels, in, 4, 4});
    in = maps[i].channels;
  }
  check_shape(file, group_of("decoder", space) + "/dense/weight",
              {Decoder::first_map(image, m.depth).size(), m.feature()});
  return maps.back().size();
}

/// The same for a vector.
std::int64_t check_vector(const io::FileReader& file, const Space& space, const ModelConfig& m) {
  check_head(file, group_of("encoder", space), space.size(), m.vector_units, m.vector_layers);
  check_shape(file, group_of("encoder", space) + "/out/weight", {m.vector_units, m.vector_units});
  check_head(file, group_of("decoder", space), m.feature(), m.vector_units, m.vector_layers);
  check_shape(file, group_of("decoder", space) + "/out/weight", {space.size(), m.vector_units});
  return m.vector_units;
}

}  // namespace

void check_claimed_sizes(const io::FileReader& file, const Config& config,
                         const Signature& signature) {
  const ModelConfig& m = config.model;
  const std::int64_t features = m.feature(), actions = signature.action.size();
  std::int64_t embedding = 0;
  for (const Space& space : signature.observations)
    embedding +=
        space.kind == SpaceKind::image ? check_image(file, space, m) : check_vector(file, space, m);
  check_shape(file, "/model/rssm/input/weight", {m.hidden, m.stoch + actions});
  check_shape(file, "/model/rssm/gru/weight_hh", {3 * m.deter, m.deter});
  check_shape(file, "/model/rssm/posterior_hidden/weight", {m.hidden, m.deter + embedding});
  if (m.reward_head) check_head(file, "/model/reward", features, m.units, m.reward_layers);
  if (m.discount_head) check_head(file, "/model/discount", features, m.units, m.discount_layers);
  for (std::int64_t k = 1; k <= m.ensemble; ++k)
    check_head(file, fmt::format("/model/ensemble/member{}", k), features + actions, m.units,
               m.ensemble_layers);
  if (file.format() != "dreamer.policy") return;
  const BehaviorConfig& b = config.behavior;
  check_head(file, "/actor", features, b.units, b.actor_layers);
  check_head(file, "/value", features, b.units, b.value_layers);
}

}  // namespace dreamer
