#include "cli/program.h"
#include "learner/learner.h"

int main(int argc, char** argv) {
  dreamer::FitModelJob job;
  dreamer::cli::Program program(
      "dr-fit-model", "Learn a world model (encoder, RSSM, decoder, reward head) from episodes");
  program.fit(job, {"model", "fit_model"});
  program
      .count("--picture-every", job.image_every, 1,
             "updates between open-loop images in the TensorBoard log")
      ->needs("--logdir");
  return program.run(argc, argv, [&] { dreamer::learner().fit_model(job); });
}
