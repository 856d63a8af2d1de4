#include "collect/film.h"

#include <algorithm>
#include <memory>

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

data::Footage film_anew(Episode logged, const FilmOptions& options) {
  require_task(logged);
  env::EnvironmentOptions filming{
      .action_repeat = logged.action_repeat, .render = options.render, .camera = options.camera};
  if (options.size > 0) {
    filming.height = filming.width = options.size;
  } else if (logged.image_shape.pixels() > 0) {
    filming.height = logged.image_shape.height;
    filming.width = logged.image_shape.width;
  }
  const auto environment = std::make_shared<Environment>(logged.task, logged.seed, filming);
  static_cast<void>(environment->reset());  // what the task sets for all of its episodes
  Episode shown =
      has_physics(logged, *environment) ? std::move(logged) : act_again(std::move(logged));
  shown.image.clear();
  shown.image_shape = {filming.height, filming.width, 3};
  const auto stored = std::make_shared<const Episode>(shown);
  return {std::move(shown), [environment, stored](std::int64_t t) {
            const Fields state = row_of(*stored, t, environment->physics_state());
            return environment->restore(state, stored->model).image;
          }};
}

}  // namespace

data::Footage film(const std::filesystem::path& path, const FilmOptions& options) {
  return with_context(path.string(), [&] { return film_anew(data::read_episode(path), options); });
}

}  // namespace dreamer
