#include "behavior/imagination.h"

namespace dreamer {

using torch::Tensor;

Imagined imagine(const WorldModel& model, const Actor& actor, const DenseHead& value,
                 const Latent& start, const ImaginationNoise& noise, double gamma) {
  std::vector<Tensor> stoch, deter, action, log_prob, stddev;
  Latent state = start;
  for (std::int64_t i = 0; i < noise.action.size(0); ++i) {
    // The actor's input alone is cut: the gradient reaches an action through what it leads to, not
    // through how later actions react to it. Cutting the state itself would cut the method.
    const TanhNormal policy = actor.forward(state.feature().detach());
    const SquashedAction chosen = policy.sample(noise.action[i]);
    state = model.rssm().imagine_step(state, chosen.action, noise.prior[i]);
    stoch.push_back(state.stoch);
    deter.push_back(state.deter);
    action.push_back(chosen.action);
    log_prob.push_back(policy.log_prob(chosen.raw));
    stddev.push_back(policy.base.stddev);
  }
  Imagined imagined;
  imagined.states = {torch::stack(stoch), torch::stack(deter)};
  imagined.action = torch::stack(action);
  imagined.log_prob = torch::stack(log_prob);
  imagined.stddev = torch::stack(stddev);
  const Tensor feature = imagined.states.feature();  // [H,N,F]
  const Prediction prediction = model.predict(feature);
  imagined.reward = prediction.reward;
  imagined.discount = prediction.discount.defined() ? prediction.discount
                                                    : torch::full_like(prediction.reward, gamma);
  imagined.value = value.forward(feature).squeeze(-1);
  return imagined;
}

}  // namespace dreamer
