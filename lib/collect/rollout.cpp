#include "collect/rollout.h"

#include "core/error.h"
#include "core/log.h"

namespace dreamer {
namespace {

template <class To>
void append(std::map<std::string, data::Array<To>>& arrays,
            const std::map<std::string, std::vector<double>>& row) {
  for (const auto& [name, values] : row) {
    auto& array = arrays[name];
    if (array.shape.empty()) array.shape = {0, static_cast<std::int64_t>(values.size())};
    ++array.shape.front();
    for (const double value : values) array.values.push_back(static_cast<To>(value));
  }
}

data::Episode empty_episode(const env::Environment& environment, bool observations) {
  const auto& options = environment.options();
  data::Episode episode;
  episode.signature = environment.signature();
  if (!observations)
    std::erase_if(episode.signature.observations,
                  [](const Space& space) { return space.kind != SpaceKind::image; });
  episode.seed = environment.seed();
  episode.index = environment.index();
  if (const ImageShape image = image_shape(episode.signature); image.size() > 0) {
    episode.render = to_string(options.render);
    episode.image.reserve(
        static_cast<std::size_t>((env::steps_per_episode(options) + 1) * image.size()));
  }
  return episode;
}

}  // namespace

std::optional<data::Episode> run_episode(env::Environment& environment,
                                         const env::Observation& first, Policy& policy,
                                         const RolloutOptions& options) {
  data::Episode episode = empty_episode(environment, options.observations);
  if (options.observations) episode.model = environment.model_changes();
  const auto record = [&](const std::vector<float>& action, const env::Observation& seen) {
    episode.image.insert(episode.image.end(), seen.image.begin(), seen.image.end());
    episode.action.insert(episode.action.end(), action.begin(), action.end());
    episode.reward.push_back(seen.reward);
    episode.discount.push_back(seen.discount);
    if (options.observations) {
      append(episode.observations, environment.observations());
      append(episode.physics, environment.physics_state());
    }
  };

  policy.reset(environment.seed(), environment.index());
  record(std::vector<float>(static_cast<std::size_t>(environment.signature().action.size())),
         first);
  env::Observation seen = first;
  for (std::int64_t step = 0; step < options.steps && !seen.last; ++step) {
    if (options.stop && options.stop()) return std::nullopt;
    const std::vector<float> action = policy.act(seen.image);
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
    record(action, seen);
  }
  return episode;
}

}  // namespace dreamer
