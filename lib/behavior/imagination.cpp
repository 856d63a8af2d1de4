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
                 const Latent& start, const ImaginationNoise& noise, double gamma) {
  Imagined imagined{roll_out(model.rssm(), actor, start, noise), {}, {}, {}};
  const Tensor feature = imagined.states.feature();  // [H,N,F]
  const Prediction prediction = model.predict(feature);
  imagined.reward = prediction.reward;
  imagined.discount = prediction.discount.defined() ? prediction.discount
                                                    : torch::full_like(prediction.reward, gamma);
  imagined.value = value.forward(feature).squeeze(-1);
  return imagined;
}

}  // namespace dreamer
