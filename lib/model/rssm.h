#pragma once

#include <memory>

#include <torch/torch.h>

#include "config/config.h"
#include "model/layers.h"
#include "ops/distributions.h"
#include "ops/imagined_rollout.h"

namespace dreamer {

/// A state of the model: B rows, or any leading axes.
struct Latent {
  torch::Tensor stoch, deter;  // [...,S] [...,D]

  /// What every head reads: [...,F], F = S + D.
  [[nodiscard]] torch::Tensor feature() const { return torch::cat({stoch, deter}, -1); }
  /// The same values without their history.
  [[nodiscard]] Latent detach() const { return {stoch.detach(), deter.detach()}; }
};

/// States of sequences with the distributions that they were drawn from.
struct Observed {
  Latent latent;            // [B,L,…], sampled from the posterior
  Normal posterior, prior;  // [B,L,S]
};

/// The recurrent state-space model (equation 4 of the paper; Hafner et al. 2019, PlaNet):
/// deter' = GRU(deter, [stoch, action]); prior p(stoch' | deter'); posterior
/// q(stoch' | deter', embedding').
class Rssm : public torch::nn::Module {
 public:
  Rssm(const ModelConfig& config, std::int64_t action, std::int64_t embedding);

  /// The zero state in which every sequence begins: `rows` of them.
  [[nodiscard]] Latent initial(std::int64_t rows) const;

  /// Follows logged sequences through the posterior, from the zero state, with action[:,0] as the
  /// first action.
  /// @param embedding [B,L,E]  @param action [B,L,A]  @param noise [B,L,S], standard normal
  [[nodiscard]] Observed observe(const torch::Tensor& embedding, const torch::Tensor& action,
                                 const torch::Tensor& noise) const;

  /// One step with an observation: previous [B,…], action [B,A], embedding [B,E], noise [B,S].
  [[nodiscard]] Latent observe_step(const Latent& previous, const torch::Tensor& action,
                                    const torch::Tensor& embedding,
                                    const torch::Tensor& noise) const;

  /// One step without: the state is sampled from the prior.
  [[nodiscard]] Latent imagine_step(const Latent& previous, const torch::Tensor& action,
                                    const torch::Tensor& noise) const;

  /// The parameters of imagine_step, for ops::imagined_rollout.
  [[nodiscard]] ops::DynamicsWeights dynamics() const;

 private:
  /// deter' from the previous state; `from_action` [B,hidden] is the input layer's action part.
  [[nodiscard]] torch::Tensor advance(const Latent& previous,
                                      const torch::Tensor& from_action) const;
  [[nodiscard]] Normal prior(const torch::Tensor& deter) const;
  [[nodiscard]] Normal posterior(const torch::Tensor& deter,
                                 const torch::Tensor& from_embedding) const;
  [[nodiscard]] Normal normal(const torch::Tensor& hidden, const torch::nn::Linear& out) const;
  [[nodiscard]] ops::RssmWeights recurrence(const torch::nn::Linear& hidden,
                                            const torch::nn::Linear& out) const;
  // The parts of two dense layers that do not depend on the recurrence, for all steps at once.
  [[nodiscard]] torch::Tensor action_part(const torch::Tensor& action) const;
  [[nodiscard]] torch::Tensor embedding_part(const torch::Tensor& embedding) const;

  std::int64_t stoch_, deter_;
  double min_std_;
  torch::nn::Linear input_{nullptr}, prior_hidden_{nullptr}, prior_out_{nullptr},
      posterior_hidden_{nullptr}, posterior_out_{nullptr};
  std::shared_ptr<Gru> gru_;
};

}  // namespace dreamer
