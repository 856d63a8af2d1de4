#include "cli/program.h"
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
  program.data(job.data);
  program.out_file(job.out, "the dream file to write");
  program.force(job.replace);
  program.group("Rollouts");
  program.count("--starts", job.starts, 1, "number of rollouts; starting points drawn by --seed");
  program.count("--context", job.context, 1, "time steps observed before imagination");
  program.count("--horizon", job.horizon, 1, "time steps imagined");
  program.compute(job);
  program.memory_remedy("fewer --starts or a shorter --horizon");
  program.examples(
      {"dr-imagine --model model.h5 --data episodes --out open-loop.h5",
       "dr-imagine --model model.h5 --policy policy.h5 --data episodes --out dream.h5"});
  return program.run(argc, argv, [&] { dreamer::emit(dreamer::learner().imagine(job)); });
}
