#include "cli/program.h"
#include "core/output.h"
#include "learner/learner.h"

int main(int argc, char** argv) {
  dreamer::ImagineJob job;
  dreamer::cli::Program program(
      "dr-imagine", "Roll a world model forward: along logged actions, or along a policy's own");
  program.app().add_option("--model", job.model, "the world model")->type_name("FILE")->required();
  program.app()
      .add_option("--policy", job.policy, "follow this policy; without it, the logged actions")
      ->type_name("FILE");
  program.data(job.data);
  program.out_file(job.out, "the dream file to write");
  program.force(job.replace);
  program.count("--starts", job.starts, 1, "dreams, from rows drawn by --seed");
  program.count("--context", job.context, 1, "rows the model sees before it imagines");
  program.count("--horizon", job.horizon, 1, "rows it imagines");
  program.compute(job);
  program.memory_remedy("fewer --starts or a shorter --horizon");
  return program.run(argc, argv, [&] { dreamer::emit(dreamer::learner().imagine(job)); });
}
