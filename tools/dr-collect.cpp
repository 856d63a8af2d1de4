#include "cli/program.h"
#include "collect/collector.h"
#include "collect/reenact.h"
#include "core/error.h"
#include "core/output.h"
#include "core/progress.h"
#include "env/task_summary.h"
#include "learner/policy_handle.h"

namespace {

using namespace dreamer;

constexpr std::int64_t kEndless = std::int64_t{1} << 52;  // episodes

struct Options : Compute {
  CollectOptions collect;
  std::string policy = "random", render = "exact", observations = "none";
  std::int64_t steps = 0;
  bool mode = false, list_tasks = false, follows = false;
  std::filesystem::path replay;
  Config config;
};

void list_tasks(bool json) {
  if (!json) emit_text(env::task_heading());
  for (const env::TaskInfo& task : env::all_tasks())
    json ? emit(env::to_json(task)) : emit_text(env::task_row(task));
}

void replay(const Options& o) {
  const auto result = reenact({.episode = o.replay,
                               .out = o.collect.out,
                               .environment = o.collect.environment,
                               .observations = o.collect.observations,
                               .replace = o.collect.replace});
  Table table = episode_table();
  if (result) emit(to_json(*result), table);
}

void collect_episodes(Options o) {
  const CollectConfig& config = o.config.collect;
  const double noise = o.mode ? 0.0 : config.noise;
  const PolicyJob job{o, o.policy, o.mode ? ActionMode::mode : ActionMode::explore, noise};
  o.collect.acting = o.policy == "random" ? Json{{"random_hold", config.random_hold}}
                                          : Json{{"mode", o.mode}, {"noise", noise}};
  if (o.steps > 0) o.collect.episodes = episodes_for_steps(o.steps, o.collect.environment);
  Table table = episode_table();
  Progress progress("episodes", o.collect.episodes == kEndless ? 0 : o.collect.episodes);
  const auto tell = [&](const EpisodeResult& result) {
    emit(to_json(result), table);
    progress.advance();
  };
  if (o.follows) {
    follow(o.collect, followed_policy(job, o.collect.task, config.action_repeat), tell);
    return;
  }
  const PolicyHandle acting =
      policy_handle(job, o.collect.task, config.action_repeat, config.random_hold);
  o.collect.policy = acting.id;
  collect(o.collect, acting.make, tell);
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  cli::Program program("dr-collect", "Act in a task and write the episodes");
  CLI::App& app = program.app();
  program.task(o.collect.task);
  app.add_flag("--list-tasks", o.list_tasks,
               "list the tasks and stop; with --json a line of JSON for each");
  program.policy(o.policy);
  app.add_flag("--mode", o.mode, "act by the policy's mode, without exploration noise");
  app.add_option("--out", o.collect.out, "the folder of the episodes")->type_name("DIR");
  auto* episodes = program.count("--episodes", o.collect.episodes, 1, "whole episodes to collect");
  auto* steps =
      program.count("--steps", o.steps, 1, "agent steps to collect; ends with a whole episode");
  steps->default_str("")->excludes(episodes);
  program.follow(
      o.follows,
      "wait for the policy, take each newer one at the next beginning of an episode, and "
      "without --episodes or --steps go on until a signal");
  program.count("--envs", o.collect.envs, 1, "environments side by side, a thread each");
  app.add_option("--render", o.render,
                 "exact (dm_control's pixels), fast (no shadows and reflections), or none")
      ->capture_default_str();
  app.add_option("--observations", o.observations,
                 "all: store vector observations and the physics state too; or none")
      ->check(CLI::IsMember({"none", "all"}).description(""))
      ->capture_default_str();
  app.add_option("--replay", o.replay, "act the actions of this logged episode again")
      ->type_name("FILE");
  program.force(o.collect.replace);
  program.compute(o);
  program.config(o.config, {"collect"});
  program.memory_remedy("fewer --envs");
  program.check([&] {
    if (o.list_tasks) return;
    if (o.collect.out.empty()) throw usage_error("--out is needed: the folder of the episodes");
    if (!o.replay.empty()) {
      program.refuse({"--task", "--policy", "--mode", "--episodes", "--steps", "--envs", "--seed",
                      "--follow", "--preset", "--config", "--set"},
                     "--replay acts what the episode holds");
    } else {
      program.require_task();
      env::find_task(o.collect.task);
    }
    if (o.policy == "random") program.refuse({"--mode"}, "random actions have no mode");
    if (o.follows) {
      if (o.policy == "random") throw usage_error("--follow needs the file of a --policy");
      if (o.collect.replace == io::Replace::yes)
        throw usage_error("--follow adds episodes and replaces none; leave out --force");
      if (episodes->count() + steps->count() == 0) o.collect.episodes = kEndless;
    }
    o.collect.seed = o.seed;
    o.collect.environment.render = env::render_quality(o.render);
    o.collect.environment.action_repeat = o.config.collect.action_repeat;
    o.collect.environment.time_limit = o.config.collect.time_limit;
    o.collect.observations = o.observations == "all";
  });
  return program.run(argc, argv, [&] {
    if (o.list_tasks)
      list_tasks(program.json());
    else if (!o.replay.empty())
      replay(o);
    else
      collect_episodes(o);
  });
}
