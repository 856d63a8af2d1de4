#include "cli/program.h"
#include "learner/learner.h"

int main(int argc, char** argv) {
  dreamer::FitBehaviorJob job;
  dreamer::cli::Program program(
      "dr-fit-behavior", "Learn actor and value inside a world model, by imagined trajectories");
  program.app()
      .add_option("--model", job.model, "the world model to imagine with")
      ->type_name("FILE")
      ->required();
  program.fit(job, {"behavior"});
  program.examples(
      {"dr-fit-behavior --model model.h5 --data episodes --updates 1000 --out policy.h5",
       "dr-fit-behavior --model model.h5 --data episodes --init policy.h5 --updates 500 --out "
       "better.h5"});
  return program.run(argc, argv, [&] { dreamer::learner().fit_behavior(job); });
}
