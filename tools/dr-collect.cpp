#include "cli/program.h"
#include "collect/collector.h"
#include "collect/reenact.h"
#include "collect/rerender_files.h"
#include "core/error.h"
#include "core/output.h"
#include "core/progress.h"
#include "env/suite.h"
#include "learner/policy_handle.h"

namespace {

using namespace dreamer;

constexpr std::int64_t kEndless = std::int64_t{1} << 52;  // episodes

struct Options : Compute {
  CollectOptions collect;
  std::string policy = "random", render = "exact", observations = "none";
  std::int64_t steps = 0;
  bool deterministic = false, list_tasks = false, follows = false;
  std::filesystem::path logged;
  std::vector<std::filesystem::path> rerendered;
  Config config;
};

void list_tasks(bool json) {
  for (const env::Suite& suite : env::all_suites()) {
    if (!json) {
      emit_text(suite.table());
      continue;
    }
    for (const Json& line : suite.lines()) emit(line);
  }
}

void reenact_episode(const Options& o) {
  const auto result = reenact({.episode = o.logged,
                               .out = o.collect.out,
                               .environment = o.collect.environment,
                               .observations = o.collect.observations,
                               .replace = o.collect.replace});
  Table table = data::episode_table();
  if (result) emit(to_json(*result), table);
}

void rerender_episodes(const Options& o) {
  Table table = data::episode_table();
  Progress progress("episodes", std::ssize(o.rerendered));
  rerender_files({.episodes = o.rerendered,
                  .out = o.collect.out,
                  .drawing = {.render = o.collect.environment.render},
                  .threads = o.collect.envs,
                  .replace = o.collect.replace},
                 [&](const EpisodeResult& result) {
                   emit(to_json(result), table);
                   progress.advance();
                 });
}

void collect_episodes(Options o) {
  const CollectConfig& config = o.config.collect;
  const double noise = o.deterministic ? 0.0 : config.noise;
  const PolicyJob job{o, o.policy,
                      o.deterministic ? ActionMode::deterministic : ActionMode::explore, config};
  o.collect.acting = o.policy == "random" ? Json{{"random_hold", config.action_hold}}
                                          : Json{{"mode", o.deterministic}, {"noise", noise}};
  if (o.steps > 0) o.collect.episodes = episodes_for_steps(o.steps, o.collect.environment);
  Table table = data::episode_table();
  Progress progress("episodes", o.collect.episodes == kEndless ? 0 : o.collect.episodes);
  const auto tell = [&](const EpisodeResult& result) {
    emit(to_json(result), table);
    progress.advance();
  };
  if (o.follows) {
    follow(o.collect, followed_policy(job, o.collect.task), tell);
    return;
  }
  const PolicyHandle policy = policy_handle(job, o.collect.task);
  o.collect.policy = policy.id;
  collect(o.collect, policy.make, tell);
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  cli::Program program("dr-collect", "Act in a task and write the episodes as HDF5 files");
  CLI::App& app = program.app();
  program.task(o.collect.task);
  app.add_option("--out", o.collect.out, "the folder of the episodes (required)")->type_name("DIR");
  program.policy(o.policy);
  app.add_option("--reenact,--replay", o.logged,
                 "re-enact this logged episode's actions instead; it names the task")
      ->type_name("FILE");
  program.episodes(
      "--rerender", o.rerendered,
      "write these logged episodes again with frames drawn from the physics they store");
  program.force(o.collect.replace);
  app.add_flag("--list-tasks", o.list_tasks,
               "list the tasks and stop; with --json a line of JSON for each");
  program.group("What is collected");
  auto* episodes = program.count("--episodes", o.collect.episodes, 1, "whole episodes to collect");
  auto* steps =
      program.count("--steps", o.steps, 1, "agent steps to collect; ends with a whole episode");
  steps->default_str("")->excludes(episodes);
  program.follow(o.follows,
                 "wait for the policy, use each newer one from the next episode on; without "
                 "--episodes or --steps, run until SIGINT or SIGTERM");
  program.count("--envs", o.collect.envs, 1, "environments side by side, a thread each");
  app.add_option(
         "--render", o.render,
         "how images are drawn: dm_control's pixels, no shadows and reflections, or no images")
      ->type_name("exact|fast|none")
      ->capture_default_str();
  auto* observations =
      app.add_option(
             "--observations", o.observations,
             "all: store the state's vectors and the physics too; the default without images")
          ->check(CLI::IsMember({"none", "all"}).description(""))
          ->type_name("none|all")
          ->capture_default_str();
  app.add_flag("--deterministic,--mode", o.deterministic,
               "act by the mode of the policy's distribution, without exploration noise");
  program.compute(o);
  program.config(o.config, {"collect"});
  program.memory_remedy("fewer --envs");
  program.examples({"dr-collect --task cartpole_swingup --episodes 5 --out episodes",
                    "dr-collect --policy policy.h5 --steps 10000 --envs 4 --out episodes"});
  program.check([&] {
    if (o.list_tasks) return;
    if (o.collect.out.empty()) throw usage_error("--out is needed: the folder of the episodes");
    if (program.given("--rerender")) {
      program.refuse({"--task", "--policy", "--deterministic", "--episodes", "--steps", "--seed",
                      "--follow", "--preset", "--config", "--set", "--observations", "--reenact"},
                     "--rerender takes it from the episodes");
      if (o.render == "none") throw usage_error("--rerender draws frames; --render exact or fast");
    } else if (!o.logged.empty()) {
      program.refuse({"--task", "--policy", "--deterministic", "--episodes", "--steps", "--envs",
                      "--seed", "--follow", "--preset", "--config", "--set"},
                     "--reenact takes it from the episode");
    } else {
      program.require_task();
      static_cast<void>(env::task_name(o.collect.task));
      if (const auto& suite = env::suite_of(o.collect.task); !suite.simulated)
        program.leave_pace_to_task(suite.action_repeat);
    }
    if (steps->count() > 0 && !env::suite_of(o.collect.task).simulated)
      throw usage_error("--steps: how long episodes of {} last is not known; give --episodes",
                        o.collect.task);
    if (o.policy == "random") program.refuse({"--deterministic"}, "random actions have no mode");
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
    o.collect.environment.answer_seconds = o.config.collect.answer_seconds;
    o.collect.observations =
        o.observations == "all" ||
        (observations->count() == 0 && o.collect.environment.render == env::RenderQuality::none);
  });
  return program.run(argc, argv, [&] {
    if (o.list_tasks)
      list_tasks(program.json());
    else if (!o.rerendered.empty())
      rerender_episodes(o);
    else if (!o.logged.empty())
      reenact_episode(o);
    else
      collect_episodes(o);
  });
}
