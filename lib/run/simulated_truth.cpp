#include "run/simulated_truth.h"

#include <map>
#include <memory>

#include "collect/logged_states.h"
#include "core/error.h"
#include "core/progress.h"
#include "data/episode.h"

namespace dreamer {
namespace {

using data::Episode;

/// Rows [first, first+count) of [T,…] behind those that `to` has.
template <class T>
void add_rows(const std::vector<T>& from, std::int64_t size, std::int64_t first, std::int64_t count,
              std::vector<T>& to) {
  const auto begin = from.begin() + first * size;
  to.insert(to.end(), begin, begin + count * size);
}

/// Logged episodes with their states, and the simulator that they share.
class Simulations {
 public:
  explicit Simulations(const data::Dream& dream) : dream_(dream) {}

  [[nodiscard]] const Episode& logged(const std::string& path) {
    const auto found = episodes_.find(path);
    if (found != episodes_.end()) return found->second;
    Episode read = data::read_episode(path);
    auto& environment = environment_of(read);
    return episodes_.emplace(path, with_states(std::move(read), *environment.simulator()))
        .first->second;
  }

  [[nodiscard]] env::Environment& environment_of(const Episode& episode) {
    if (!environment_) {
      const ImageShape image = image_shape(dream_.signature);
      env::EnvironmentOptions options{.action_repeat = episode.signature.frames_per_step,
                                      .render = env::RenderQuality::none};
      if (image.size() > 0) {
        options.render =
            episode.render == "fast" ? env::RenderQuality::fast : env::RenderQuality::exact;
        options.height = image.height;
        options.width = image.width;
      }
      environment_ = make_simulated(episode.signature.task, options);
    }
    return *environment_;
  }

 private:
  const data::Dream& dream_;
  std::map<std::string, Episode> episodes_;
  std::unique_ptr<env::Environment> environment_;
};

/// The rows of dream `n`.
void add_truth(data::Dream& dream, std::int64_t n, Simulations& simulations) {
  const auto at = static_cast<std::size_t>(n);
  const Episode& logged = simulations.logged(dream.start_episode[at]);
  const std::int64_t size = dream.signature.action.size(), first = dream.start_row[at],
                     ahead = dream.horizon - dream.context;
  std::vector<float> actions;
  add_rows(dream.action, size, n * dream.horizon + dream.context, ahead, actions);
  const Episode after = simulated(logged, first + dream.context - 1, std::move(actions),
                                  simulations.environment_of(logged));
  const auto add = [&](const auto& before, const auto& behind, std::int64_t values, auto& to) {
    add_rows(before, values, first, dream.context, to);
    add_rows(behind, values, 1, ahead, to);
  };
  for (const Space& space : dream.signature.observations) {
    const bool image = space.kind == SpaceKind::image;
    if (image ? !logged.images.contains(space.name) || !after.images.contains(space.name)
              : !logged.vectors.contains(space.name) || !after.vectors.contains(space.name))
      throw error("the task has no {} to compare with", space.name);
    if (image)
      add(logged.images.at(space.name), after.images.at(space.name), space.size(),
          dream.truth_images[space.name]);
    else
      add(logged.vectors.at(space.name).values, after.vectors.at(space.name).values, space.size(),
          dream.truth_vectors[space.name]);
  }
  if (!dream.reward.empty()) add(logged.reward, after.reward, 1, dream.truth_reward);
}

}  // namespace

void add_simulated_truth(data::Dream& dream) {
  Simulations simulations(dream);
  Progress progress("simulations", dream.starts);
  for (std::int64_t n = 0; n < dream.starts; ++n) {
    with_context(dream.start_episode[static_cast<std::size_t>(n)],
                 [&] { add_truth(dream, n, simulations); });
    progress.advance();
  }
}

}  // namespace dreamer
