#include "model/ensemble.h"

#include "ops/distributions.h"

namespace dreamer {

using torch::Tensor;

namespace {

constexpr double kLeastVariance = 1e-8;  // its root has a finite slope

}  // namespace

Ensemble::Ensemble(const ModelConfig& config, std::int64_t action) {
  for (std::int64_t k = 1; k <= config.ensemble; ++k)
    members_.push_back(
        register_module(fmt::format("member{}", k),
                        std::make_shared<DenseHead>(config.feature() + action, config.units,
                                                    config.ensemble_layers, config.stoch)));
}

Tensor Ensemble::predict(const Tensor& feature, const Tensor& action) const {
  const Tensor input = torch::cat({feature, action}, -1);
  std::vector<Tensor> predictions;
  for (const auto& member : members_) predictions.push_back(member->forward(input));
  return torch::stack(predictions);
}

LossTerm Ensemble::loss(const Observed& states, const Sequences& batch) const {
  // Row t's action was taken in the state of row t-1.
  const Tensor before = states.latent.feature().detach().slice(1, 0, -1);
  const Tensor target = states.posterior.mean.detach().slice(1, 1);
  const Tensor nll = unit_normal_nll(predict(before, batch.action.slice(1, 1)), target)
                         .sum(-1)
                         .mean(0);  // [B,L-1]
  return {"ensemble", masked_mean(nll, batch.mask.slice(1, 1)), 1,
          kHalfLogTwoPi * static_cast<double>(target.size(-1))};
}

Tensor Ensemble::disagreement(const Tensor& feature, const Tensor& action) const {
  return (predict(feature, action).var(0, /*unbiased=*/false).mean(-1) + kLeastVariance).sqrt();
}

}  // namespace dreamer
