#include <optional>

#include "cli/program.h"
#include "cli/summary.h"
#include "collect/evaluation.h"
#include "core/error.h"
#include "env/suite.h"
#include "io/atomic_file.h"
#include "learner/learner.h"
#include "learner/policy_handle.h"
#include "media/render_episode.h"

namespace {

using namespace dreamer;

constexpr double kFps = 25;

struct Options : Compute {
  std::string task, policy, render = "exact", require;
  std::int64_t episodes = 10, envs = 1;
  std::filesystem::path video;
  io::Replace replace = io::Replace::no;
  Config config;
  EvaluateModelJob model;
};

// Returns of the deterministic policy (or of random actions), from evaluation seeds.
Json evaluate_policy(const Options& o) {
  if (!o.video.empty()) io::check_output(o.video, o.replace);
  Progress progress("episodes", o.episodes);
  const EvaluationOptions options{.task = o.task,
                                  .episodes = o.episodes,
                                  .envs = o.envs,
                                  .seed = o.seed,
                                  .environment = {.action_repeat = o.config.collect.action_repeat,
                                                  .render = env::render_quality(o.render),
                                                  .answer_seconds = o.config.collect.answer_seconds,
                                                  .evaluates = true},
                                  .progress = &progress};
  const PolicyJob job{o, o.policy, ActionMode::deterministic, o.config.collect};
  const Evaluation evaluation = evaluate(options, policy_handle(job, o.task).make);
  if (!o.video.empty())
    media::write_video(o.video, media::episode_clip({evaluation.first}, {}), kFps, o.replace);
  Json summary = {{"task", o.task}, {"policy", o.policy}};
  summary.update(summarize(evaluation.returns, o.seed));
  return summary;
}

// The numbers that the summary will have, known before anything is acted or predicted.
std::vector<std::string> numbers(bool judges_model) {
  if (judges_model) return numbers_of_a_model();
  std::vector<std::string> names;
  const Json summary = summarize({0.0}, 0);
  for (const auto& [name, value] : summary.items())
    if (value.is_number()) names.push_back(name);
  return names;
}

void check_policy_options(cli::Program& program, Options& o) {
  program.refuse({"--data", "--starts", "--context", "--horizon"}, "it is of --model");
  if (o.policy.empty()) throw usage_error("--policy is needed: a checkpoint, or random");
  program.require_task();
  static_cast<void>(env::task_name(o.task));
  if (const auto& suite = env::suite_of(o.task); !suite.simulated)
    program.leave_pace_to_task(suite.action_repeat);
  if (o.video.empty()) {
    program.refuse({"--force"}, "it replaces a --video");
    return;
  }
  if (o.video.extension() != ".mp4" && o.video.extension() != ".gif")
    throw usage_error("--video {}: must end in .mp4 or .gif", o.video.string());
  if (env::render_quality(o.render) == env::RenderQuality::none)
    throw usage_error("--render none gives no images for --video; give exact or fast");
}

void check_model_options(const cli::Program& program) {
  program.refuse({"--task", "--policy", "--episodes", "--envs", "--render", "--video", "--force",
                  "--preset", "--config", "--set"},
                 "--model is evaluated on logged episodes");
  if (!program.given("--data")) throw usage_error("--model needs --data: held-out episodes");
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  cli::Program program("dr-eval",
                       "Evaluate a policy (returns) or a world model (open-loop prediction)");
  CLI::App& app = program.app();
  program.policy(o.policy);
  program.task(o.task);
  auto* model = app.add_option("--model", o.model.model, "evaluate this model, on held-out --data")
                    ->type_name("FILE");
  program.data(o.model.data, cli::Need::optional);
  app.add_option("--video", o.video, "save the first episode as mp4 or gif")->type_name("FILE");
  program.force(o.replace);
  app.add_option("--require", o.require, "end with status 3 unless, say, 'mean>=700'")
      ->type_name("CONDITION");
  program.group("Evaluating a policy");
  program.count("--episodes", o.episodes, 1, "episodes to act in");
  program.count("--envs", o.envs, 1, "environments side by side, a thread each");
  app.add_option(
         "--render", o.render,
         "how images are drawn: dm_control's pixels, no shadows and reflections, or no images")
      ->type_name("exact|fast|none")
      ->capture_default_str();
  program.group("Evaluating a model");
  program.count("--starts", o.model.starts, 1,
                "windows to predict; starting points drawn by --seed");
  program.count("--context", o.model.context, 1, "time steps observed before the prediction");
  program.count("--horizon", o.model.horizon, 1, "time steps predicted");
  program.compute(o);
  program.config(o.config, {"collect"});
  program.memory_remedy("fewer --envs, or fewer --starts and a shorter --horizon");
  program.examples({"dr-eval --policy policy.h5 --episodes 10 --video first.mp4",
                    "dr-eval --model model.h5 --data held-out --horizon 45"});
  std::optional<Requirement> requirement;
  program.check([&] {
    const bool judges_model = model->count() > 0;
    if (!judges_model && app.count("--policy") + app.count("--task") == 0)
      throw usage_error("give --policy (and --task), or --model and --data");
    judges_model ? check_model_options(program) : check_policy_options(program, o);
    if (o.require.empty()) return;
    requirement.emplace(o.require);
    requirement->check_name(numbers(judges_model));
  });
  return program.run(argc, argv, [&]() -> ExitCode {
    static_cast<Compute&>(o.model) = o;
    const Json summary =
        o.model.model.empty() ? evaluate_policy(o) : learner().evaluate_model(o.model);
    cli::show_summary(summary);
    return !requirement || requirement->holds(summary) ? ExitCode::ok : ExitCode::no;
  });
}
