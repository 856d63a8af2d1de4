#include "cli/program.h"
#include "collect/seeds.h"
#include "core/log.h"
#include "env/suite.h"
#include "learner/learner.h"

namespace {

using namespace dreamer;

/// Says which settings the user gave in vain: one batch serves both, and fit_model has its size. A
/// preset may differ, as it is for the stages one by one, too.
void warn_of_unused(const cli::Program& program, const Config& config) {
  constexpr std::int64_t kNotGiven = -1;  // no size of a batch
  Config given = config;
  given.behavior.batch = given.behavior.length = kNotGiven;
  program.lay_given_over(given);
  const auto warn = [](const char* name, std::int64_t value, std::int64_t used) {
    if (value != kNotGiven && value != used)
      log::warning(
          "behavior.{0}={1} has no effect: model and behavior learn from one batch, whose "
          "{0} is fit_model.{0}={2}; set that",
          name, value, used);
  };
  warn("batch", given.behavior.batch, config.fit_model.batch);
  warn("length", given.behavior.length, config.fit_model.length);
}

/// Every round has a seed of its own, and none has that of another run.
void check_seeds(const TrainJob& job) {
  if (job.seed > kLargestRunSeed)
    throw usage_error("--seed {}: must be 0 to {}, as round r collects with seed {}·SEED + r",
                      job.seed, kLargestRunSeed, kSeedsOfARun);
  if (job.rounds > kLargestRound)
    throw usage_error(
        "--rounds {}: at most {}; continue in another run, by --data, --init-model and "
        "--init-policy",
        job.rounds, kLargestRound);
}

}  // namespace

int main(int argc, char** argv) {
  TrainJob job;
  cli::Program program("dr-train",
                       "Learn a task: collect, learn the model and learn to act, round by round");
  CLI::App& app = program.app();
  app.add_option("--task", job.task, "the task to learn; dr-collect --list-tasks shows all")
      ->type_name("TASK")
      ->required();
  program.out(job.out, "DIR", "the folder of episodes, checkpoints and log");
  program.data(job.data, cli::Need::optional);
  // The policy first: where both know a setting of the model, the model's file decides.
  program.init("--init-policy", job.init_policy,
               "continue from this policy, learned in --init-model");
  program.init("--init-model", job.init_model, "continue from this model");
  program.force(job.replace);
  app.add_flag(
      "--change", job.change,
      "continue a run with other settings than it was begun with; DIR/run.json keeps both");
  program.group("Work");
  program
      .count("--rounds", job.rounds, 1, "rounds: train.updates updates, train.episodes episodes")
      ->required()
      ->default_str("");
  program.count("--envs", job.envs, 1, "environments side by side, a thread each");
  app.add_option(
         "--render", job.render,
         "how images are drawn: dm_control's pixels, no shadows and reflections, or no images: "
         "the model learns from the state's vectors")
      ->type_name("exact|fast|none")
      ->capture_default_str();
  program.group("Saving and logging");
  program.count(
      "--save-every", job.save_every, 0,
      "rounds between saves of DIR/train.resume.h5, beside those by time; 0: none by count");
  program.learn(job, {"model", "fit_model", "behavior", "collect", "train"});
  program.examples(
      {"dr-train --task walker_walk --rounds 500 --out runs/walker",
       "dr-train --task cartpole_swingup --preset quick --rounds 100 --out runs/cartpole"});
  program.check([&] {
    static_cast<void>(env::task_name(job.task));
    if (const auto& suite = env::suite_of(job.task); !suite.simulated)
      program.leave_pace_to_task(suite.action_repeat);
    check_seeds(job);
    static_cast<void>(env::render_quality(job.render));
    if (!job.init_policy.empty() && job.init_model.empty())
      throw usage_error("--init-policy needs --init-model: the model that it was learned in");
    warn_of_unused(program, job.config);
  });
  return program.run(argc, argv, [&] { learner().train(job); });
}
