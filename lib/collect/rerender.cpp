#include "collect/rerender.h"

#include <algorithm>
#include <memory>

#include "collect/logged_states.h"
#include "core/error.h"

namespace dreamer {
namespace {

using data::Episode;
using env::Environment;
using env::Simulator;

/// What a drawing needs of an episode beside its frames.
Episode summary_of(const Episode& episode, const Environment& environment) {
  Episode summary;
  summary.signature = episode.signature;
  summary.signature.observations = {image_space(image_shape(environment.signature()))};
  summary.seed = episode.seed;
  summary.index = episode.index;
  summary.reward = episode.reward;
  return summary;
}

}  // namespace

data::EpisodeFrames Rerenderer::open(Episode logged) {
  const auto environment = environment_for(logged);
  Episode shown = with_states(std::move(logged), *environment->simulator());
  shown.images.clear();
  const auto stored = std::make_shared<const Episode>(std::move(shown));
  return data::EpisodeFrames(summary_of(*stored, *environment),
                             [environment, stored](std::int64_t t) {
                               Simulator& simulator = *environment->simulator();
                               const Simulator::Fields state = state_of(*stored, t, simulator);
                               return simulator.restore(state, stored->model).images;
                             });
}

std::shared_ptr<Environment> Rerenderer::environment_for(const Episode& logged) {
  env::EnvironmentOptions rendering{.action_repeat = logged.signature.frames_per_step,
                                    .render = options_.render,
                                    .camera = options_.camera};
  if (options_.size > 0) {
    rendering.height = rendering.width = options_.size;
  } else if (const ImageShape image = image_shape(logged.signature); image.size() > 0) {
    rendering.height = image.height;
    rendering.width = image.width;
  }
  auto& environment = environments_[Key(logged.signature.task, rendering.height, rendering.width)];
  if (!environment) {
    environment = make_simulated(logged.signature.task, rendering);
    // What the task sets for all of its episodes.
    static_cast<void>(environment->begin({logged.seed, 0}));
  }
  return environment;
}

std::vector<data::EpisodeFrames> rerender(const std::vector<std::filesystem::path>& episodes,
                                          const RerenderOptions& options) {
  Rerenderer rerenderer(options);
  std::vector<data::EpisodeFrames> opened;
  for (const auto& path : episodes) {
    Episode logged = data::read_episode(path);
    opened.push_back(
        with_context(path.string(), [&] { return rerenderer.open(std::move(logged)); }));
  }
  return opened;
}

}  // namespace dreamer
