#include "collect/collector.h"

#include <map>
#include <mutex>
#include <optional>

#include "collect/random_policy.h"
#include "collect/rollout.h"
#include "collect/seeds.h"
#include "core/error.h"
#include "core/log.h"
#include "core/path_text.h"
#include "core/signals.h"
#include "core/workers.h"
#include "data/episode.h"
#include "data/kept_episode.h"
#include "env/suite.h"
#include "io/atomic_file.h"

namespace dreamer {
namespace {

namespace fs = std::filesystem;

using Seeds = std::vector<std::int64_t>;  // of each environment

/// The episode with this number in the run: whose it is, and where it goes.
struct Planned {
  std::int64_t environment, seed, index;
  fs::path path;
};

Planned plan(const CollectOptions& options, const Seeds& seeds, std::int64_t number) {
  const std::int64_t environment = number % options.envs, index = number / options.envs;
  const std::int64_t seed = seeds[static_cast<std::size_t>(environment)];
  return {environment, seed, index,
          options.out / data::episode_file_name(env::task_name(options.task), seed, index)};
}

io::Provenance provenance(const CollectOptions& options, const std::string& policy,
                          std::int64_t seed) {
  const auto& environment = options.environment;
  Json config = {{"task", options.task},
                 {"action_repeat", environment.action_repeat},
                 {"time_limit", environment.time_limit},
                 {"render", to_string(environment.render)},
                 {"height", environment.height},
                 {"width", environment.width},
                 {"camera", environment.camera},
                 {"observations", options.observations},
                 {"acting", options.acting}};
  std::vector<io::Parent> parents;
  if (!policy.empty()) parents.push_back({policy, "policy"});
  return io::new_provenance(std::move(config), seed, std::move(parents));
}

std::string policy_of(const io::Provenance& provenance) {
  for (const auto& parent : provenance.parents)
    if (parent.role == "policy") return parent.id;
  return "";
}

/// In what the episode in `file` differs from the one that we would write, whoever acts in
/// it; empty if in nothing.
std::string difference_in_kind(const io::FileReader& file, const CollectOptions& options,
                               const Planned& planned) {
  const auto header = data::read_episode_header(file);
  const auto& wanted = options.environment;
  // Of other suites only the environment knows what it draws and how long it lasts.
  const bool simulated = env::suite_of(options.task).simulated;
  const bool images = simulated && wanted.render != env::RenderQuality::none;
  const ImageShape shape = images ? ImageShape{wanted.height, wanted.width, 3} : ImageShape{};
  if (header.signature.task != env::task_name(options.task)) return "task";
  if (header.seed != planned.seed) return "seed";
  if (header.index != planned.index) return "index";
  if (header.signature.frames_per_step != wanted.action_repeat) return "action repeat";
  if (header.render != (images ? to_string(wanted.render) : "")) return "rendering";
  if (simulated) {
    if (image_shape(header.signature) != shape) return "image size";
    const std::int64_t rows = env::steps_per_episode(wanted) + 1;
    if (header.truncated.empty() ? header.length != rows : header.length > rows) return "length";
  }
  const Json made = io::read_provenance(file).config;
  const auto differs = [&](const char* name, const Json& ours) {
    return made.is_object() && made.contains(name) && made[name] != ours;  // older files lack them
  };
  if (differs("time_limit", wanted.time_limit)) return "time limit";
  if (differs("camera", wanted.camera)) return "camera";
  if (options.observations && !file.has("/observation")) return "recorded observations";
  return "";
}

/// The same with who acts in it, and how.
std::string difference(const io::FileReader& file, const CollectOptions& options,
                       const Planned& planned) {
  if (auto kind = difference_in_kind(file, options, planned); !kind.empty()) return kind;
  const auto theirs = io::read_provenance(file);
  if (policy_of(theirs) != options.policy) return "policy";
  const auto acting = theirs.config.find("acting");
  if (acting == theirs.config.end() || *acting != options.acting) return "way of acting";
  return "";
}

/// What an earlier run left at a planned place: the episode itself, or nothing that may stay.
std::optional<EpisodeResult> find_kept(const CollectOptions& options, const Planned& planned) {
  return data::kept_episode(planned.path, options.replace, [&](const io::FileReader& file) {
    const std::string differs = difference(file, options, planned);
    return differs.empty() ? "" : "differs in " + differs;
  });
}

/// The number of an environment's first episode where they continue after those in the folder.
std::int64_t first_number(const CollectOptions& options, const Seeds& seeds,
                          std::int64_t environment) {
  const auto last = data::last_episode_index(options.out, env::task_name(options.task),
                                             seeds[static_cast<std::size_t>(environment)]);
  if (last < 0) return environment;
  const std::int64_t number = last * options.envs + environment;
  const Planned before = plan(options, seeds, number);
  std::string reason;
  try {
    reason = difference_in_kind(io::FileReader(before.path, "dreamer.episode"), options, before);
  } catch (const Error& e) {
    log::warning("{}", e.what());
  }
  if (!reason.empty())
    throw error(
        "{} differs in {}; episodes that are learned from together must not: give the same "
        "options as before, or another folder",
        before.path.string(), reason);
  return number + options.envs;
}

/// One run of `collect` or `follow`: what the threads of its environments share.
class Run {
 public:
  Run(const CollectOptions& options, const PolicyProvider& acting, const EpisodeSink& sink)
      : options_(options),
        acting_(acting),
        sink_(sink),
        seeds_(training_seeds(options.seed, options.envs)) {
    for (std::int64_t e = 0; e < std::min(options.envs, options.episodes); ++e) first_.push_back(e);
  }

  void keep_existing() {
    for (std::int64_t number = 0; number < options_.episodes; ++number)
      if (auto kept = find_kept(options_, plan(number))) kept_.emplace(number, *kept);
  }

  void go_on_behind_existing() {
    for (std::int64_t& first : first_) first = first_number(options_, seeds_, first);
  }

  void work() {
    workers_.run(std::ssize(first_), [this](std::int64_t environment) {
      collect_from(first_[static_cast<std::size_t>(environment)]);
    });
  }

 private:
  [[nodiscard]] Planned plan(std::int64_t number) const {
    return dreamer::plan(options_, seeds_, number);
  }

  /// The next episode of an environment; short if the physics break down, even empty; nothing if it
  /// was stopped.
  std::optional<data::Episode> act(env::Environment& environment, EpisodeId id, Policy& policy) {
    try {
      return run_episode(
          environment, id, environment.begin(id), policy,
          {.observations = options_.observations,
           .render =
               env::suite_of(options_.task).simulated ? to_string(options_.environment.render) : "",
           .stop = [this] { return stopped(); }});
    } catch (const env::Breakdown& e) {
      log::warning("{}", e.what());
      return data::Episode();
    }
  }

  /// What is there already of an episode. Which take the place of those that could not be acted is
  /// not known beforehand.
  [[nodiscard]] std::optional<EpisodeResult> kept(std::int64_t number, const Planned& planned) {
    if (number >= options_.episodes) return find_kept(options_, planned);
    const auto found = kept_.find(number);
    return found == kept_.end() ? std::nullopt : std::optional(found->second);
  }

  /// The episodes of one environment.
  void collect_from(std::int64_t first) {
    std::unique_ptr<env::Environment> environment;  // its OpenGL context belongs to this thread
    std::shared_ptr<const PolicyHandle> acting;
    std::unique_ptr<Policy> policy;
    std::int64_t broken = 0;  // one after the other
    std::int64_t left = (options_.episodes - first + options_.envs - 1) / options_.envs;
    for (std::int64_t k = first; left > 0; k += options_.envs) {
      if (stopped()) return;
      const Planned planned = plan(k);
      if (const auto there = kept(k, planned)) {
        tell(*there);
        --left;
        continue;
      }
      if (!environment) environment = env::make_environment(options_.task, options_.environment);
      const auto now = acting_();
      if (!now) return;
      if (now != acting) {
        acting = now;
        policy = acting->make ? acting->make()
                              : std::make_unique<RandomPolicy>(environment->signature().action,
                                                               options_.action_hold);
      }
      const auto episode = act(*environment, {planned.seed, planned.index}, *policy);
      if (!episode) return;
      if (episode->length() < data::kShortestEpisode) {
        if (++broken == kMostBreakdowns)
          throw error(
              "{}, seed {}: {} episodes one after the other broke down as they began; is the model "
              "of the task changed, or the policy of another one?",
              options_.task, planned.seed, broken);
        log::warning("{} is not written; the episode behind it takes its place",
                     planned.path.filename().string());
        continue;
      }
      broken = 0;
      --left;
      data::write_episode(planned.path, *episode, provenance(options_, acting->id, planned.seed),
                          options_.replace);
      tell(data::result_of(*episode, planned.path));
    }
  }

  void tell(const EpisodeResult& result) {
    const std::lock_guard lock(mutex_);
    if (sink_ && !workers_.failed()) sink_(result);
  }

  [[nodiscard]] bool stopped() const {
    return workers_.failed() || signals::requested() != 0 || options_.stop.stop_requested();
  }

  const CollectOptions& options_;
  const PolicyProvider& acting_;
  const EpisodeSink& sink_;
  const Seeds seeds_;
  std::vector<std::int64_t> first_;  // number of each environment's first episode
  std::map<std::int64_t, EpisodeResult> kept_;
  std::mutex mutex_;  // guards the sink
  Workers workers_;
};

void prepare(const CollectOptions& options) {
  static_cast<void>(env::task_name(options.task));  // a wrong name is said before anything is made
  if (options.envs < 1)
    throw usage_error("at least one environment is needed, not {}", options.envs);
  if (options.seed < 0 || options.seed > kLargestSeed)
    throw usage_error("seed {} is not in 0 … {}", options.seed, kLargestSeed);
  env::prepare_rendering(options.task, options.environment.render,
                         std::min(options.envs, options.episodes));
  std::error_code failed;
  fs::create_directories(options.out, failed);
  if (failed)
    throw error("{}: the folder cannot be made: {}", options.out.string(), failed.message());
}

}  // namespace

std::int64_t episodes_for_steps(std::int64_t steps, const env::EnvironmentOptions& environment) {
  const std::int64_t length = env::steps_per_episode(environment);
  return (steps + length - 1) / length;
}

void collect(const CollectOptions& options, const PolicyFactory& policy, const EpisodeSink& sink) {
  const signals::StopRequests stops;
  prepare(options);
  const PolicyProvider always = [acting = std::make_shared<const PolicyHandle>(
                                     PolicyHandle{policy, options.policy})] { return acting; };
  Run run(options, always, sink);
  run.keep_existing();
  run.work();
}

void follow(const CollectOptions& options, const PolicyProvider& acting, const EpisodeSink& sink) {
  const signals::StopRequests stops;
  prepare(options);
  Run run(options, acting, sink);
  run.go_on_behind_existing();
  if (acting()) run.work();  // waits for the first before any thread does
}

}  // namespace dreamer
