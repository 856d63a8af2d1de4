#pragma once

#include <string>
#include <vector>

#include <torch/torch.h>

#include "config/config.h"
#include "io/file.h"

namespace dreamer {

/// A trained parameter and the name under which it is stored, "rssm/gru/weight_ih".
struct NamedTensor {
  std::string name;
  torch::Tensor tensor;
};

/// The parameters of a module, in the order of registration, names with '/' between modules.
[[nodiscard]] std::vector<NamedTensor> named_parameters(const torch::nn::Module& module);

struct AdamOptions {
  double learning_rate, beta1, beta2, epsilon;
  double clip;  // largest norm of the whole gradient
};

// What the settings say of each of the three.
[[nodiscard]] AdamOptions model_adam(const FitModelConfig& config);
[[nodiscard]] AdamOptions actor_adam(const BehaviorConfig& config);
[[nodiscard]] AdamOptions value_adam(const BehaviorConfig& config);

/// Adam in the form of the published agents, lr·√(1−β₂ᵗ)/(1−β₁ᵗ)·m/(√v+ε), after the gradient of
/// all parameters together is clipped to a norm.
class Adam {
 public:
  Adam(std::vector<NamedTensor> parameters, const AdamOptions& options);

  /// Applies the gradients, in the order of the parameters. `norm` is what gradient_norm says.
  void step(const std::vector<torch::Tensor>& gradients, double norm);

  [[nodiscard]] const std::vector<NamedTensor>& parameters() const { return parameters_; }
  /// The parameters alone, to ask autograd for their gradients.
  [[nodiscard]] std::vector<torch::Tensor> tensors() const;

  // State, for checkpoints: moments under the parameters' names.
  std::vector<torch::Tensor>& first_moments() { return m_; }
  std::vector<torch::Tensor>& second_moments() { return v_; }
  [[nodiscard]] std::int64_t steps() const { return steps_; }
  void set_steps(std::int64_t steps) { steps_ = steps; }

 private:
  std::vector<NamedTensor> parameters_;
  AdamOptions options_;
  std::vector<torch::Tensor> m_, v_;
  std::int64_t steps_ = 0;
};

/// Adam's moments under "/optimizer/<name>/m/…" and "/v/…", its steps as an attribute.
void write_optimizer(io::FileWriter& file, const std::string& name, Adam& adam);
void read_optimizer(const io::FileReader& file, const std::string& name, Adam& adam);

/// The norm of all gradients as one vector.
[[nodiscard]] double gradient_norm(const std::vector<torch::Tensor>& gradients);

/// d loss / d parameters; parameters that the loss does not depend on get zeros. The graph is kept
/// for further losses on it with KeepGraph::yes.
enum class KeepGraph { no, yes };
[[nodiscard]] std::vector<torch::Tensor> gradients(const torch::Tensor& loss,
                                                   const std::vector<torch::Tensor>& parameters,
                                                   KeepGraph keep = KeepGraph::no);

}  // namespace dreamer
