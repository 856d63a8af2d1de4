#include "core/number.h"
#include "dream/model_evaluation.h"
#include "run/commands.h"
#include "run/compute.h"
#include "run/inputs.h"

namespace dreamer::run {

Json evaluate_model(const EvaluateModelJob& job) {
  const torch::Device device = set_up(job);
  const ModelCheckpoint model = load_model(job.model, device);
  const data::Replay replay(job.data, replay_options(*model.model));
  check_signature(model.model->signature(), replay.signature(), replay.path(0));
  warn_of_learned(replay, model.provenance, job.model);
  Json summary = {{"model", job.model.string()}, {"task", model.model->signature().task}};
  summary.update(as_printed(evaluate_open_loop(*model.model, replay, job, device)));
  return summary;
}

}  // namespace dreamer::run
