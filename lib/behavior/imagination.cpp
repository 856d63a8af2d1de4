#include "behavior/imagination.h"

namespace dreamer {

using torch::Tensor;

Trajectories roll_out(const Rssm& rssm, const Actor& actor, const Latent& start,
                      const ImaginationNoise& noise) {
  const ops::ImaginedRollout r = ops::imagined_rollout(
      actor.weights(), rssm.dynamics(), {start.stoch, start.deter, noise.action, noise.prior});
  return {{r.stoch, r.deter}, r.action, r.log_prob, r.stddev};
}

Imagined imagine(const WorldModel& model, const Actor& actor, const DenseHead& value,
                 const Latent& start, const ImaginationNoise& noise, const BehaviorConfig& config) {
  Imagined imagined{roll_out(model.rssm(), actor, start, noise), {}, {}, {}, {}};
  const Tensor feature = imagined.states.feature();  // [H,N,F]
  const Prediction prediction = model.predict(feature);
  imagined.reward = prediction.reward;
  imagined.discount = prediction.discount.defined()
                          ? prediction.discount
                          : torch::full_like(prediction.reward, config.gamma);
  imagined.value = value.forward(feature).squeeze(-1);
  if (config.disagreement_scale > 0) {
    const Tensor before = torch::cat({start.feature().unsqueeze(0), feature.slice(0, 0, -1)});
    imagined.disagreement = model.disagreement(before, imagined.action);
  }
  return imagined;
}

}  // namespace dreamer
