#include "collect/reenact.h"

#include <algorithm>

#include "collect/logged_policy.h"
#include "collect/rollout.h"
#include "core/error.h"
#include "core/signals.h"
#include "data/episode.h"
#include "env/suite.h"
#include "io/atomic_file.h"

namespace dreamer {
namespace {

namespace fs = std::filesystem;
using Fields = env::Simulator::Fields;

/// The first row of those fields that the file has.
Fields first_row(const io::FileReader& file, const std::string& group, const Fields& fields,
                 bool per_episode) {
  Fields row;
  for (const auto& [name, values] : fields)
    if (const auto path = group + name; file.has(path))
      row[name] = per_episode ? file.read<double>(path) : file.read_rows<double>(path, 0, 1);
  return row;
}

bool agrees(const Fields& logged, const Fields& ours) {
  return std::ranges::all_of(
      logged, [&](const auto& field) { return ours.at(field.first) == field.second; });
}

/// The episode's beginning: the reset's, or the logged physics state where that is another.
Step begin(env::Environment& environment, EpisodeId id, const io::FileReader& file,
           bool& restored) {
  Step first = environment.begin(id);
  env::Simulator* const simulator = environment.simulator();
  if (simulator == nullptr) return first;
  const auto state = simulator->state(), changes = simulator->model_changes();
  const auto logged_state = first_row(file, "/physics/", state, false);
  const auto logged_changes = first_row(file, "/physics/model/", changes, true);
  restored = !agrees(logged_state, state) || !agrees(logged_changes, changes);
  return restored ? simulator->restore(logged_state, logged_changes) : first;
}

std::vector<io::Parent> parents_of(const io::FileReader& file) {
  if (!file.has("/provenance")) return {};
  return {{io::read_provenance(file).id, "data"}};
}

}  // namespace

std::optional<EpisodeResult> reenact(const ReenactOptions& options) {
  const data::Episode logged = data::read_logged_actions(options.episode);
  const io::FileReader file(options.episode, "dreamer.episode");
  const std::string task =
      with_context(options.episode.string(), [&] { return env::task_name(logged.signature.task); });
  std::error_code failed;
  fs::create_directories(options.out, failed);
  if (failed)
    throw error("{}: the folder cannot be made: {}", options.out.string(), failed.message());
  const fs::path path = options.out / data::episode_file_name(task, logged.seed, logged.index);
  io::check_output(path, options.replace);

  auto environment_options = options.environment;
  environment_options.action_repeat = logged.signature.frames_per_step;
  return with_context(options.episode.string(), [&]() -> std::optional<EpisodeResult> {
    const auto environment = env::make_logged_environment(task, environment_options);
    const std::int64_t size = logged.signature.action.size();
    if (size != environment->signature().action.size())
      throw error("/action has {} columns, {} takes {}; wrong task?", size, task,
                  environment->signature().action.size());
    const auto rows = static_cast<std::int64_t>(logged.action.size()) / size;
    if (rows - 1 > env::steps_per_episode(environment_options))
      throw error("{} actions, an episode of {} ends after {}", rows - 1, task,
                  env::steps_per_episode(environment_options));
    const EpisodeId id{logged.seed, logged.index};
    bool restored = false;
    const Step first = begin(*environment, id, file, restored);
    const signals::StopRequests stops;
    LoggedPolicy policy(logged.action, size);
    auto episode = run_episode(*environment, id, first, policy,
                               {.observations = options.observations || restored,
                                .render = to_string(environment_options.render),
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
    return data::result_of(*episode, path);
  });
}

}  // namespace dreamer
