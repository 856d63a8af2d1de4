#include "collect/film.h"

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>

#include "collect/logged_policy.h"
#include "collect/rollout.h"
#include "core/error.h"
#include "env/environment.h"

namespace dreamer {
namespace {

using data::Episode;
using env::Environment;
using Fields = Environment::Fields;

void require_task(const Episode& episode) {
  if (std::ranges::find(env::all_tasks(), episode.task, &env::TaskInfo::name) ==
      env::all_tasks().end())
    throw error(
        "{} is no task that can be filmed anew (dr-collect --list-tasks shows those that can); "
        "without --size, --camera and --render its own images are shown",
        episode.task);
}

/// Whether `episode` stores what the frames follow from.
bool has_physics(const Episode& episode, const Environment& environment) {
  const Fields changes = environment.model_changes();
  return episode.physics.contains("qpos") && std::ranges::all_of(changes, [&](const auto& field) {
           return episode.model.contains(field.first);
         });
}

/// The same episode with its physics, by acting its actions again.
Episode act_again(const Episode& logged) {
  Environment environment(
      logged.task, logged.seed,
      {.action_repeat = logged.action_repeat, .render = env::RenderQuality::none});
  if (logged.action_size != environment.action_size())
    throw error("/action has {} columns, {} takes {}; wrong task?", logged.action_size, logged.task,
                environment.action_size());
  environment.skip_episodes(logged.index);
  LoggedPolicy policy(logged.action, logged.action_size);
  auto again = run_episode(environment, environment.reset(), policy,
                           {.observations = true, .steps = logged.length() - 1});
  const auto [theirs, ours] = std::ranges::mismatch(logged.reward, again->reward);
  if (theirs != logged.reward.end() || ours != again->reward.end())
    throw error(
        "it stores no /physics, and acting its actions again from seed {} gives another reward in "
        "row {}, so it did not begin from that seed's reset {}; episodes collected with "
        "--observations all can always be filmed anew",
        logged.seed, theirs - logged.reward.begin(), logged.index);
  return std::move(*again);
}

Fields row_of(const Episode& episode, std::int64_t t, const Fields& known) {
  Fields row;
  for (const auto& [name, track] : episode.physics)
    if (known.contains(name)) {
      const auto first = track.values.begin() + t * track.columns;
      row[name].assign(first, first + track.columns);
    }
  return row;
}

/// What a drawing needs of an episode beside its frames.
Episode summary_of(const Episode& episode, const Environment& environment) {
  Episode summary;
  summary.task = episode.task;
  summary.seed = episode.seed;
  summary.index = episode.index;
  summary.reward = episode.reward;
  summary.image_shape = {environment.options().height, environment.options().width, 3};
  return summary;
}

/// The simulators that draw: what they show is all in the state that they restore, so one serves
/// all episodes of a task and size.
class Studio {
 public:
  explicit Studio(const FilmOptions& options) : options_(options) {}

  [[nodiscard]] data::Footage film(Episode logged) {
    require_task(logged);
    const auto environment = environment_for(logged);
    Episode shown =
        has_physics(logged, *environment) ? std::move(logged) : act_again(std::move(logged));
    shown.image.clear();
    shown.image.shrink_to_fit();
    const auto stored = std::make_shared<const Episode>(std::move(shown));
    return {summary_of(*stored, *environment), [environment, stored](std::int64_t t) {
              const Fields state = row_of(*stored, t, environment->physics_state());
              return environment->restore(state, stored->model).image;
            }};
  }

 private:
  using Key = std::tuple<std::string, std::int64_t, std::int64_t>;  // task, height, width

  [[nodiscard]] std::shared_ptr<Environment> environment_for(const Episode& logged) {
    env::EnvironmentOptions filming{.action_repeat = logged.action_repeat,
                                    .render = options_.render,
                                    .camera = options_.camera};
    if (options_.size > 0) {
      filming.height = filming.width = options_.size;
    } else if (logged.image_shape.pixels() > 0) {
      filming.height = logged.image_shape.height;
      filming.width = logged.image_shape.width;
    }
    auto& environment = environments_[Key(logged.task, filming.height, filming.width)];
    if (!environment) {
      environment = std::make_shared<Environment>(logged.task, logged.seed, filming);
      static_cast<void>(environment->reset());  // what the task sets for all of its episodes
    }
    return environment;
  }

  FilmOptions options_;
  std::map<Key, std::shared_ptr<Environment>> environments_;
};

}  // namespace

std::vector<data::Footage> film(const std::vector<std::filesystem::path>& episodes,
                                const FilmOptions& options) {
  Studio studio(options);
  std::vector<data::Footage> footage;
  for (const auto& path : episodes)
    footage.push_back(
        with_context(path.string(), [&] { return studio.film(data::read_episode(path)); }));
  return footage;
}

}  // namespace dreamer
