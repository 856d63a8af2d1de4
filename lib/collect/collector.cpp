#include "collect/collector.h"

#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "collect/random_policy.h"
#include "collect/rollout.h"
#include "collect/seeds.h"
#include "core/error.h"
#include "core/signals.h"
#include "data/episode.h"

namespace dreamer {
namespace {

namespace fs = std::filesystem;

/// The episode with this number in the run: whose it is, and where it goes.
struct Planned {
  std::int64_t environment, seed, index;
  fs::path path;
};

Planned plan(const CollectOptions& options, std::int64_t number) {
  const std::int64_t environment = number % options.envs, index = number / options.envs;
  const std::int64_t seed = training_seed(options.seed, environment);
  return {environment, seed, index,
          options.out / data::episode_file_name(env::find_task(options.task).name, seed, index)};
}

io::Provenance provenance(const CollectOptions& options, std::int64_t seed) {
  const auto& environment = options.environment;
  Json config = {{"task", options.task},
                 {"action_repeat", environment.action_repeat},
                 {"render", to_string(environment.render)},
                 {"height", environment.height},
                 {"width", environment.width},
                 {"observations", options.observations},
                 {"acting", options.acting}};
  std::vector<io::Parent> parents;
  if (!options.policy.empty()) parents.push_back({options.policy, "policy"});
  return io::new_provenance(std::move(config), seed, std::move(parents));
}

std::string policy_of(const io::Provenance& provenance) {
  for (const auto& parent : provenance.parents)
    if (parent.role == "policy") return parent.id;
  return "";
}

/// In what the episode in `file` differs from the one that we would write; empty if in nothing.
std::string difference(const io::FileReader& file, const CollectOptions& options,
                       const Planned& planned) {
  const auto header = data::read_episode_header(file);
  const auto& wanted = options.environment;
  const bool images = wanted.render != env::RenderQuality::none;
  const data::ImageShape shape =
      images ? data::ImageShape{wanted.height, wanted.width, 3} : data::ImageShape{};
  if (header.task != env::find_task(options.task).name) return "task";
  if (header.seed != planned.seed) return "seed";
  if (header.index != planned.index) return "index";
  if (header.action_repeat != wanted.action_repeat) return "action repeat";
  if (header.render != (images ? to_string(wanted.render) : "")) return "rendering";
  if (header.image_shape != shape) return "image size";
  if (header.length != env::steps_per_episode(wanted.action_repeat) + 1) return "length";
  if (options.observations && !file.has("/observation")) return "recorded observations";
  const auto theirs = io::read_provenance(file);
  if (policy_of(theirs) != options.policy) return "policy";
  const auto acting = theirs.config.find("acting");
  if (acting == theirs.config.end() || *acting != options.acting) return "way of acting";
  return "";
}

/// What an earlier run left at a planned place: the episode itself, or nothing that may stay.
std::optional<EpisodeResult> find_kept(const CollectOptions& options, const Planned& planned) {
  if (!fs::exists(fs::symlink_status(planned.path))) return std::nullopt;
  std::string reason;
  try {
    const io::FileReader file(planned.path, "dreamer.episode");
    reason = difference(file, options, planned);
    if (reason.empty())
      return EpisodeResult{.path = planned.path,
                           .task = env::find_task(options.task).name,
                           .total_reward = file.attribute("/", "return").get<double>(),
                           .length = file.attribute("/", "length").get<std::int64_t>(),
                           .seed = planned.seed,
                           .index = planned.index,
                           .kept = true};
    reason = "differs in " + reason;
  } catch (const Error& e) {
    reason = fmt::format("is damaged ({})", e.what());
  }
  if (options.replace == io::Replace::no)
    throw error("{} exists already and {}; give --force to replace it, or another folder",
                planned.path.string(), reason);
  return std::nullopt;
}

/// One run of `collect`: what the threads of its environments share.
class Run {
 public:
  Run(const CollectOptions& options, const PolicyFactory& policy, const EpisodeSink& sink)
      : options_(options), policy_(policy), sink_(sink) {
    for (std::int64_t number = 0; number < options_.episodes; ++number)
      if (auto kept = find_kept(options_, plan(options_, number))) kept_.emplace(number, *kept);
  }

  void work() {
    {
      std::vector<std::jthread> threads;
      for (std::int64_t e = 0; e < std::min(options_.envs, options_.episodes); ++e)
        threads.emplace_back([this, e] { work_in(e); });
    }
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void work_in(std::int64_t environment) {
    try {
      collect_in(environment);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      failed_ = true;
    }
  }

  void collect_in(std::int64_t number_of_environment) {
    std::unique_ptr<env::Environment> environment;  // its OpenGL context belongs to this thread
    std::unique_ptr<Policy> policy;
    for (std::int64_t k = number_of_environment; k < options_.episodes; k += options_.envs) {
      if (stopped()) return;
      if (const auto kept = kept_.find(k); kept != kept_.end()) {
        tell(kept->second);
        continue;
      }
      const Planned planned = plan(options_, k);
      if (!environment) {
        environment =
            std::make_unique<env::Environment>(options_.task, planned.seed, options_.environment);
        policy = policy_ ? policy_()
                         : std::make_unique<RandomPolicy>(environment->action_size(),
                                                          options_.random_hold);
      }
      environment->skip_episodes(planned.index - environment->index() - 1);
      const auto episode = run_episode(
          *environment, environment->reset(), *policy,
          {.observations = options_.observations, .stop = [this] { return stopped(); }});
      if (!episode) return;
      data::write_episode(planned.path, *episode, provenance(options_, planned.seed),
                          options_.replace);
      tell({.path = planned.path,
            .task = episode->task,
            .total_reward = episode->total_reward(),
            .length = episode->length(),
            .seed = planned.seed,
            .index = planned.index});
    }
  }

  void tell(const EpisodeResult& result) {
    const std::lock_guard lock(mutex_);
    if (sink_ && !failure_) sink_(result);
  }

  [[nodiscard]] bool stopped() const { return failed_ || signals::requested() != 0; }

  const CollectOptions& options_;
  const PolicyFactory& policy_;
  const EpisodeSink& sink_;
  std::map<std::int64_t, EpisodeResult> kept_;
  std::mutex mutex_;
  std::exception_ptr failure_;  // the first one; guarded by mutex_
  std::atomic<bool> failed_ = false;
};

}  // namespace

Json to_json(const EpisodeResult& result) {
  return {{"episode", result.path.string()}, {"task", result.task}, {"return", result.total_reward},
          {"length", result.length},         {"seed", result.seed}, {"index", result.index}};
}

std::int64_t episodes_for_steps(std::int64_t steps, std::int64_t action_repeat) {
  const std::int64_t length = env::steps_per_episode(action_repeat);
  return (steps + length - 1) / length;
}

void collect(const CollectOptions& options, const PolicyFactory& policy, const EpisodeSink& sink) {
  env::find_task(options.task);  // a wrong name is said before anything is made
  if (options.envs < 1)
    throw usage_error("at least one environment is needed, not {}", options.envs);
  if (options.seed < 0 || options.seed > kLargestSeed)
    throw usage_error("seed {} is not in 0 … {}", options.seed, kLargestSeed);
  if (options.environment.render != env::RenderQuality::none)
    env::load_opengl(std::min(options.envs, options.episodes));
  std::error_code failed;
  fs::create_directories(options.out, failed);
  if (failed)
    throw error("{}: the folder cannot be made: {}", options.out.string(), failed.message());
  Run run(options, policy, sink);
  run.work();
}

}  // namespace dreamer
