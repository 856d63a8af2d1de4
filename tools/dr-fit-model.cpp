#include "cli/program.h"
#include "learner/learner.h"

int main(int argc, char** argv) {
  dreamer::FitModelJob job;
  dreamer::cli::Program program(
      "dr-fit-model", "Learn a world model (encoder, RSSM, decoder, reward head) from episodes");
  program.fit(job, {"model", "fit_model"});
  program
      .count("--image-every,--picture-every", job.image_every, 1,
             "updates between open-loop images in the TensorBoard log")
      ->needs("--logdir")
      ->group("Saving and logging");
  program.examples({"dr-fit-model --data episodes --updates 1000 --out model.h5",
                    "dr-fit-model --data episodes --init model.h5 --updates 500 --out better.h5"});
  return program.run(argc, argv, [&] { dreamer::learner().fit_model(job); });
}
