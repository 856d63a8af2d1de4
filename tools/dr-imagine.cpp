#include "cli/program.h"
#include "core/error.h"
#include "core/output.h"
#include "learner/learner.h"

int main(int argc, char** argv) {
  dreamer::ImagineJob job;
  dreamer::cli::Program program(
      "dr-imagine", "Roll out a world model: along logged actions, or along a policy's own");
  program.app().add_option("--model", job.model, "the world model")->type_name("FILE")->required();
  program.app()
      .add_option("--policy", job.policy, "follow this policy; without it, the logged actions")
      ->type_name("FILE");
  program.data(job.data, dreamer::cli::Need::optional);
  program.out_file(job.out, "the dream file to write");
  program.force(job.replace);
  program.group("Rollouts");
  CLI::App& app = program.app();
  auto* starts = program.count("--starts", job.starts, 1,
                               "number of rollouts; starting points drawn by --seed");
  auto* at = app.add_option("--at", job.at, "start at this row of an episode; repeatable")
                 ->type_name("FILE:ROW")
                 ->excludes(starts);
  program.count("--every", job.every, 1, "start at every Nth row of every episode")
      ->default_str("")
      ->excludes(starts)
      ->excludes(at);
  program.count("--samples", job.samples, 1, "futures of each start");
  program.count("--context", job.context, 1, "time steps observed before imagination");
  program.count("--horizon", job.horizon, 1, "time steps imagined");
  app.add_option("--actions", job.actions,
                 "what if: along no action, random ones, the last one seen, or an episode's")
      ->type_name("replay|zero|random|hold|FILE")
      ->capture_default_str();
  program.real("--temperature", job.temperature, 0, 100,
               "factor of the states' standard deviations; 0: the means");
  app.add_flag("--simulate", job.simulate,
               "act the same actions in the task's simulator: the truth beside the dream");
  program.compute(job);
  program.memory_remedy("fewer --starts or a shorter --horizon");
  program.examples(
      {"dr-imagine --model model.h5 --data episodes --out open-loop.h5",
       "dr-imagine --model model.h5 --policy policy.h5 --data episodes --out dream.h5",
       "dr-imagine --model model.h5 --at episode.h5:100 --samples 9 --actions hold --out fan.h5"});
  program.check([&] {
    if (job.at.empty() && !program.given("--data"))
      throw dreamer::usage_error("--data is needed: episodes to start in; or --at FILE:ROW");
    if (!job.at.empty()) program.refuse({"--data"}, "--at names the episodes");
    if (job.simulate && job.policy.empty() && job.actions == "replay")
      throw dreamer::usage_error(
          "--simulate: along logged actions the truth is logged; it is for --policy and --actions");
    if (!job.policy.empty())
      program.refuse({"--actions"}, "a policy's dream is along its own actions");
  });
  return program.run(argc, argv, [&] { dreamer::emit(dreamer::learner().imagine(job)); });
}
