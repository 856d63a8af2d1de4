#include "collect/rollout.h"

#include "core/error.h"
#include "core/log.h"

namespace dreamer {
namespace {

template <class T>
void append(std::map<std::string, Array<T>>& arrays,
            const std::map<std::string, std::vector<T>>& row) {
  for (const auto& [name, values] : row) {
    auto& array = arrays[name];
    if (array.shape.empty()) array.shape = {0, static_cast<std::int64_t>(values.size())};
    ++array.shape.front();
    array.values.insert(array.values.end(), values.begin(), values.end());
  }
}

data::Episode empty_episode(const Signature& signature, EpisodeId id,
                            const RolloutOptions& options) {
  data::Episode episode;
  episode.signature = signature;
  if (!options.observations)
    std::erase_if(episode.signature.observations,
                  [](const Space& space) { return space.kind != SpaceKind::image; });
  episode.seed = id.seed;
  episode.index = id.index;
  if (image_shape(episode.signature).size() > 0) episode.render = options.render;
  return episode;
}

/// Appends rows to an episode.
class Recorder {
 public:
  Recorder(data::Episode& episode, env::Environment& environment, bool observations)
      : episode_(episode),
        observations_(observations),
        simulator_(observations ? environment.simulator() : nullptr) {
    if (simulator_ != nullptr) episode.model = simulator_->model_changes();
    for (const Space& space : episode.signature.observations) {
      if (space.kind == SpaceKind::image) continue;
      auto& shape = episode.vectors[space.name].shape = {0};
      shape.insert(shape.end(), space.shape.begin(), space.shape.end());
    }
  }

  void add(const std::vector<float>& action, const Step& seen) {
    for (const auto& [name, pixels] : seen.images) {
      auto& all = episode_.images[name];
      all.insert(all.end(), pixels.begin(), pixels.end());
    }
    episode_.action.insert(episode_.action.end(), action.begin(), action.end());
    episode_.reward.push_back(seen.reward);
    episode_.discount.push_back(seen.discount);
    if (observations_) append(episode_.vectors, seen.vectors);
    if (simulator_ != nullptr) append(episode_.physics, simulator_->state());
  }

 private:
  data::Episode& episode_;
  bool observations_;
  env::Simulator* simulator_;
};

}  // namespace

std::optional<data::Episode> run_episode(env::Environment& environment, EpisodeId id,
                                         const Step& first, Policy& policy,
                                         const RolloutOptions& options) {
  const Signature& signature = environment.signature();
  data::Episode episode = empty_episode(signature, id, options);
  Recorder recorder(episode, environment, options.observations);
  policy.begin(id);
  recorder.add(std::vector<float>(static_cast<std::size_t>(signature.action.size())), first);
  Step seen = first;
  for (std::int64_t step = 0; step < options.steps && !seen.last; ++step) {
    if (options.stop && options.stop()) return std::nullopt;
    const std::vector<float> action = policy.act(seen);
    const auto where = [&] {
      return fmt::format("{}, seed {}, episode {}, step {}", episode.signature.task, episode.seed,
                         episode.index, step);
    };
    try {
      seen = environment.step(action);
    } catch (const env::Breakdown& e) {
      log::warning("{}: {}; the episode ends before this step", where(), e.what());
      episode.truncated = "physics";
      break;
    } catch (const Error& e) {
      throw e.within(where());
    }
    recorder.add(action, seen);
  }
  return episode;
}

}  // namespace dreamer
