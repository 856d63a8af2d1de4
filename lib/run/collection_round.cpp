#include "run/collection_round.h"

#include <algorithm>

#include "agent/agent_policy.h"
#include "collect/evaluation.h"
#include "collect/seeds.h"
#include "core/signals.h"

namespace dreamer {
namespace {

env::EnvironmentOptions environment_of(const TrainJob& job) {
  return {.action_repeat = job.config.collect.action_repeat,
          .render = env::render_quality(job.render),
          .answer_seconds = job.config.collect.answer_seconds};
}

CollectOptions options_of(const TrainJob& job, std::int64_t round, std::int64_t episodes) {
  CollectOptions options;
  options.task = job.task;
  options.out = job.out / "episodes";
  options.episodes = episodes;
  options.envs = job.envs;
  options.seed = round_seed(job.seed, round);
  options.environment = environment_of(job);
  options.environment.time_limit = job.config.collect.time_limit;
  options.observations = options.environment.render == env::RenderQuality::none ||
                         !job.config.model.observations.empty();
  options.replace = job.replace;
  return options;
}

std::vector<EpisodeResult> collect_all(const CollectOptions& options, const PolicyFactory& policy,
                                       Progress* progress) {
  std::vector<EpisodeResult> episodes;
  collect(options, policy, [&](const EpisodeResult& result) {
    episodes.push_back(result);
    if (progress != nullptr) progress->advance();
  });
  std::ranges::sort(episodes, {}, &EpisodeResult::path);
  return episodes;
}

PolicyFactory factory(const PolicySnapshot& policy, const Acting& acting, torch::Device device) {
  return [agent = policy.policy(), acting, device] {
    at::set_num_threads(1);  // of this environment's thread
    return std::make_unique<AgentPolicy>(*agent, acting, device);
  };
}

}  // namespace

std::vector<EpisodeResult> collect_at_random(const TrainJob& job) {
  CollectOptions options = options_of(job, 0, job.config.train.prefill);
  options.action_hold = job.config.collect.action_hold;
  options.acting = {{"random_hold", options.action_hold}};
  Progress progress("random episodes", options.episodes);
  return collect_all(options, {}, &progress);
}

std::vector<double> evaluate_policy(const TrainJob& job, const PolicySnapshot& policy,
                                    torch::Device device, std::stop_token stop,
                                    Progress* progress) {
  EvaluationOptions options{.task = job.task,
                            .episodes = job.config.train.evaluate_episodes,
                            .envs = job.envs,
                            .seed = job.seed,
                            .environment = environment_of(job),
                            .progress = progress,
                            .stop = std::move(stop)};
  options.environment.evaluates = true;
  return evaluate(options, factory(policy, {ActionMode::deterministic}, device)).returns;
}

CollectionRound::CollectionRound(const TrainJob& job, std::int64_t round,
                                 const PolicySnapshot& policy, std::int64_t updates,
                                 Evaluate evaluate, torch::Device device)
    : thread_([this, &job, round, &policy, updates, evaluate, device](std::stop_token stop) {
        try {
          const Acting acting{ActionMode::explore, job.config.collect.noise,
                              job.config.collect.epsilon_at(updates)};
          CollectOptions options = options_of(job, round, job.config.train.episodes);
          options.policy = policy.digest();
          options.acting = {{"mode", false}, {"noise", acting.noise}};
          options.stop = stop;
          acted_.episodes = collect_all(options, factory(policy, acting, device), nullptr);
          if (evaluate == Evaluate::yes)
            acted_.returns = evaluate_policy(job, policy, device, std::move(stop));
        } catch (const signals::Stopped&) {  // what asked for it takes care of the rest
        } catch (...) {
          failure_ = std::current_exception();
        }
      }) {}

RoundResult CollectionRound::wait() {
  thread_.join();
  if (failure_) std::rethrow_exception(failure_);
  return std::move(acted_);
}

}  // namespace dreamer
