#include "collect/reenact.h"

#include "collect/logged_policy.h"
#include "collect/rollout.h"
#include "core/error.h"
#include "core/signals.h"
#include "data/episode.h"
#include "io/atomic_file.h"

namespace dreamer {
namespace {

namespace fs = std::filesystem;
using env::Environment;

/// The first row of those fields that the file has.
Environment::Fields first_row(const io::FileReader& file, const std::string& group,
                              const Environment::Fields& fields, bool per_episode) {
  Environment::Fields row;
  for (const auto& [name, values] : fields)
    if (const auto path = group + name; file.has(path))
      row[name] = per_episode ? file.read<double>(path) : file.read_rows<double>(path, 0, 1);
  return row;
}

bool agrees(const Environment::Fields& logged, const Environment::Fields& ours) {
  for (const auto& [name, values] : logged)
    if (ours.at(name) != values) return false;
  return true;
}

/// The episode's beginning: the reset's, or the logged physics state where that is another.
env::Observation begin(Environment& environment, const io::FileReader& file, bool& restored) {
  env::Observation first = environment.reset();
  const auto state = environment.physics_state(), changes = environment.model_changes();
  const auto logged_state = first_row(file, "/physics/", state, false);
  const auto logged_changes = first_row(file, "/physics/model/", changes, true);
  restored = !agrees(logged_state, state) || !agrees(logged_changes, changes);
  return restored ? environment.restore(logged_state, logged_changes) : first;
}

std::vector<io::Parent> parents_of(const io::FileReader& file) {
  if (!file.has("/provenance")) return {};
  return {{io::read_provenance(file).id, "data"}};
}

}  // namespace

std::optional<EpisodeResult> reenact(const ReenactOptions& options) {
  const data::Episode logged = data::read_logged_actions(options.episode);
  const io::FileReader file(options.episode, "dreamer.episode");
  const env::TaskInfo& task = with_context(options.episode.string(), [&]() -> const env::TaskInfo& {
    return env::find_task(logged.signature.task);
  });
  std::error_code failed;
  fs::create_directories(options.out, failed);
  if (failed)
    throw error("{}: the folder cannot be made: {}", options.out.string(), failed.message());
  const fs::path path = options.out / data::episode_file_name(task.name, logged.seed, logged.index);
  io::check_output(path, options.replace);

  auto environment_options = options.environment;
  environment_options.action_repeat = logged.signature.frames_per_step;
  return with_context(options.episode.string(), [&]() -> std::optional<EpisodeResult> {
    Environment environment(logged.signature.task, logged.seed, environment_options);
    const std::int64_t size = logged.signature.action.size();
    if (size != environment.signature().action.size())
      throw error("/action has {} columns, {} takes {}; wrong task?", size, task.name,
                  environment.signature().action.size());
    const auto rows = static_cast<std::int64_t>(logged.action.size()) / size;
    if (rows - 1 > env::steps_per_episode(environment_options))
      throw error("{} actions, an episode of {} ends after {}", rows - 1, task.name,
                  env::steps_per_episode(environment_options));
    environment.skip_episodes(logged.index);
    bool restored = false;
    const env::Observation first = begin(environment, file, restored);
    const signals::StopRequests stops;
    LoggedPolicy policy(logged.action, size);
    auto episode = run_episode(environment, first, policy,
                               {.observations = options.observations || restored,
                                .steps = rows - 1,
                                .stop = [] { return signals::requested() != 0; }});
    if (!episode) return std::nullopt;
    if (episode->length() < data::kShortestEpisode)
      throw error("the physics broke down in the first step; there is no episode to write");
    if (episode->truncated.empty()) episode->truncated = logged.truncated;
    const Json config = {{"replay", options.episode.string()},
                         {"render", to_string(environment_options.render)}};
    data::write_episode(path, *episode, io::new_provenance(config, logged.seed, parents_of(file)),
                        options.replace);
    return EpisodeResult{.path = path,
                         .task = episode->signature.task,
                         .total_reward = episode->total_reward(),
                         .length = episode->length(),
                         .seed = episode->seed,
                         .index = episode->index,
                         .truncated = episode->truncated};
  });
}

}  // namespace dreamer
