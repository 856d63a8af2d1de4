#include "collect/rerender.h"

#include <algorithm>
#include <memory>

#include "collect/logged_policy.h"
#include "collect/rollout.h"
#include "core/error.h"
#include "env/suite.h"

namespace dreamer {
namespace {

using data::Episode;
using env::Environment;
using env::Simulator;
using Fields = Simulator::Fields;

[[noreturn]] void refuse(const std::string& task) {
  throw error(
      "{} is no task that can be re-rendered (dr-collect --list-tasks shows those that can); "
      "without --size, --camera and --render its own images are shown",
      task);
}

/// The environment of an episode's task. One that a file must not name, or whose state cannot be
/// set, is refused.
std::unique_ptr<Environment> make(const std::string& task, const env::EnvironmentOptions& options) {
  try {
    static_cast<void>(env::task_name(task));
  } catch (const Error&) {
    refuse(task);
  }
  auto environment = env::make_logged_environment(task, options);
  if (environment->simulator() == nullptr) refuse(task);
  return environment;
}

/// Whether `episode` stores what the frames follow from.
bool has_physics(const Episode& episode, const Simulator& simulator) {
  const Fields changes = simulator.model_changes();
  const auto stores = [&](const char* field) { return episode.physics.contains(field); };
  return (stores("qpos") || stores("state")) &&
         std::ranges::all_of(
             changes, [&](const auto& field) { return episode.model.contains(field.first); });
}

/// The same episode with its physics, by re-enacting its actions.
Episode reenacted(const Episode& logged) {
  const auto environment =
      make(logged.signature.task,
           {.action_repeat = logged.signature.frames_per_step, .render = env::RenderQuality::none});
  const std::int64_t size = logged.signature.action.size();
  if (size != environment->signature().action.size())
    throw error("/action has {} columns, {} takes {}; wrong task?", size, logged.signature.task,
                environment->signature().action.size());
  LoggedPolicy policy(logged.action, size);
  const EpisodeId id{logged.seed, logged.index};
  auto again = run_episode(*environment, id, environment->begin(id), policy,
                           {.observations = true, .steps = logged.length() - 1});
  if (!logged.rewards)
    throw error(
        "it stores neither /physics nor rewards, by which to tell whether its actions, re-enacted, "
        "come to the same; episodes collected with --observations all can always be re-rendered");
  const auto [theirs, ours] = std::ranges::mismatch(logged.reward, again->reward);
  if (theirs != logged.reward.end() || ours != again->reward.end())
    throw error(
        "it stores no /physics, and re-enacting its actions from seed {} gives another reward in "
        "row {}, so it did not begin from that seed's reset {}; episodes collected with "
        "--observations all can always be re-rendered",
        logged.seed, theirs - logged.reward.begin(), logged.index);
  return std::move(*again);
}

Fields row_of(const Episode& episode, std::int64_t t, const Fields& known) {
  Fields row;
  for (const auto& [name, array] : episode.physics)
    if (known.contains(name) || name == "state") {
      const auto first = array.values.begin() + t * array.columns();
      row[name].assign(first, first + array.columns());
    }
  return row;
}

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
  Episode shown =
      has_physics(logged, *environment->simulator()) ? std::move(logged) : reenacted(logged);
  shown.images.clear();
  const auto stored = std::make_shared<const Episode>(std::move(shown));
  return data::EpisodeFrames(summary_of(*stored, *environment),
                             [environment, stored](std::int64_t t) {
                               Simulator& simulator = *environment->simulator();
                               const Fields state = row_of(*stored, t, simulator.state());
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
    environment = make(logged.signature.task, rendering);
    // What the task sets for all of its episodes.
    static_cast<void>(environment->begin({logged.seed, 0}));
  }
  return environment;
}

std::vector<data::EpisodeFrames> rerender(const std::vector<std::filesystem::path>& episodes,
                                          const RerenderOptions& options) {
  Rerenderer rerenderer(options);
  std::vector<data::EpisodeFrames> opened;
  for (const auto& path : episodes)
    opened.push_back(
        with_context(path.string(), [&] { return rerenderer.open(data::read_episode(path)); }));
  return opened;
}

}  // namespace dreamer
