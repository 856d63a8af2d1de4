#include "collect/logged_states.h"

#include <algorithm>

#include "collect/logged_policy.h"
#include "collect/rollout.h"
#include "core/error.h"
#include "env/suite.h"

namespace dreamer {

using data::Episode;
using env::Environment;
using env::Simulator;
using Fields = Simulator::Fields;

namespace {

[[noreturn]] void refuse(const std::string& task) {
  throw error(
      "{} is no task whose states can be set (dr-collect --list-tasks shows those); without "
      "--size, --camera and --render dr-render shows an episode's own images",
      task);
}

}  // namespace

std::unique_ptr<Environment> make_simulated(const std::string& task,
                                            const env::EnvironmentOptions& options) {
  try {
    static_cast<void>(env::task_name(task));
  } catch (const Error&) {
    refuse(task);
  }
  auto environment = env::make_logged_environment(task, options);
  if (environment->simulator() == nullptr) refuse(task);
  return environment;
}

namespace {

/// Whether `episode` stores what the frames follow from.
bool has_physics(const Episode& episode, const Simulator& simulator) {
  const Fields changes = simulator.model_changes();
  const auto stores = [&](const char* field) { return episode.physics.contains(field); };
  return (stores("qpos") || stores("state")) &&
         std::ranges::all_of(
             changes, [&](const auto& field) { return episode.model.contains(field.first); });
}

/// What re-enacting the actions of `logged` gives, with the physics.
Episode reenacted(const Episode& logged) {
  const auto environment = make_simulated(
      logged.signature.task,
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

}  // namespace

Episode with_states(Episode logged, const Simulator& simulator) {
  if (has_physics(logged, simulator)) return logged;
  Episode again = reenacted(logged);
  logged.physics = std::move(again.physics);
  logged.model = std::move(again.model);
  return logged;
}

Fields state_of(const Episode& episode, std::int64_t t, const Simulator& simulator) {
  const Fields known = simulator.state();
  Fields row;
  for (const auto& [name, array] : episode.physics)
    if (known.contains(name) || name == "state") {
      const auto first = array.values.begin() + t * array.columns();
      row[name].assign(first, first + array.columns());
    }
  return row;
}

Episode simulated(const Episode& logged, std::int64_t row, std::vector<float> actions,
                  Environment& environment) {
  Simulator& simulator = *environment.simulator();
  const std::int64_t size = logged.signature.action.size(), steps = std::ssize(actions) / size;
  const EpisodeId id{logged.seed, 0};
  static_cast<void>(environment.begin(id));
  const Step first = simulator.restore(state_of(logged, row, simulator), logged.model);
  actions.insert(actions.begin(), static_cast<std::size_t>(size), 0.0F);  // of the first row
  LoggedPolicy policy(std::move(actions), size);
  auto episode =
      run_episode(environment, id, first, policy, {.observations = true, .steps = steps});
  if (!episode || episode->length() < steps + 1)
    throw error("the simulation behind row {} ends after {} of {} steps", row,
                episode ? episode->length() - 1 : 0, steps);
  return std::move(*episode);
}

}  // namespace dreamer
