#include "cli/program.h"
#include "stages/stages.h"

int main(int argc, char** argv) {
  dreamer::FitModelJob job;
  dreamer::cli::Program program(
      "dr-fit-model", "Learn a world model (encoder, RSSM, decoder, reward head) from episodes");
  program.fit(job, {"model", "fit_model"});
  program
      .count("--picture-every", job.picture_every, 1,
             "updates between open-loop pictures in the TensorBoard log")
      ->needs("--logdir");
  return program.run(argc, argv, [&] { dreamer::stages().fit_model(job); });
}
