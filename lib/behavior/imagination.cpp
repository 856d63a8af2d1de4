#include "behavior/imagination.h"

namespace dreamer {

using torch::Tensor;

Trajectories roll_out(const Rssm& rssm, const Actor& actor, const Latent& start,
                      const ImaginationNoise& noise) {
  if (!rssm.fused_for({start.stoch, start.deter, noise.action, noise.prior}))
    return roll_out_plain(rssm, actor, start, noise);
  const fused::ImaginedRollout r = fused::imagined_rollout(
      actor.weights(), rssm.dynamics(), {start.stoch, start.deter, noise.action, noise.prior});
  return {{r.stoch, r.deter}, r.action, r.log_prob, r.stddev};
}

Trajectories roll_out_plain(const Rssm& rssm, const Actor& actor, const Latent& start,
                            const ImaginationNoise& noise) {
  std::vector<Tensor> stoch, deter, action, log_prob, stddev;
  Latent state = start;
  for (std::int64_t i = 0; i < noise.action.size(0); ++i) {
    // The actor's input alone is cut: the gradient reaches an action through what it leads to, not
    // through how later actions react to it. Cutting the state itself would cut the method.
    const TanhNormal policy = actor.forward(state.feature().detach());
    const SquashedAction chosen = policy.sample(noise.action[i]);
    state = rssm.imagine_step(state, chosen.action, noise.prior[i]);
    stoch.push_back(state.stoch);
    deter.push_back(state.deter);
    action.push_back(chosen.action);
    log_prob.push_back(policy.log_prob(chosen.raw));
    stddev.push_back(policy.base.stddev.detach());
  }
  return {{torch::stack(stoch), torch::stack(deter)},
          torch::stack(action),
          torch::stack(log_prob),
          torch::stack(stddev)};
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
