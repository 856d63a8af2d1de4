#include "train/adam.h"

#include <algorithm>
#include <cmath>

#include <ATen/Parallel.h>

#include "fused/pointwise.h"
#include "fused/rows.h"

namespace dreamer {

using torch::Tensor;

std::vector<NamedTensor> named_parameters(const torch::nn::Module& module) {
  std::vector<NamedTensor> parameters;
  for (const auto& item : module.named_parameters()) {
    std::string name = item.key();
    std::ranges::replace(name, '.', '/');
    parameters.push_back({name, item.value()});
  }
  return parameters;
}

AdamOptions model_adam(const FitModelConfig& c) {
  return {c.learning_rate, c.beta1, c.beta2, c.epsilon, c.clip};
}

AdamOptions actor_adam(const BehaviorConfig& c) {
  return {c.actor_learning_rate, c.beta1, c.actor_beta2, c.epsilon, c.clip};
}

AdamOptions value_adam(const BehaviorConfig& c) {
  return {c.value_learning_rate, c.beta1, c.value_beta2, c.epsilon, c.clip};
}

Adam::Adam(std::vector<NamedTensor> parameters, const AdamOptions& options)
    : parameters_(std::move(parameters)), options_(options) {
  for (const NamedTensor& p : parameters_) {
    m_.push_back(torch::zeros_like(p.tensor, torch::MemoryFormat::Contiguous));
    v_.push_back(torch::zeros_like(p.tensor, torch::MemoryFormat::Contiguous));
  }
}

std::vector<Tensor> Adam::tensors() const {
  std::vector<Tensor> tensors;
  for (const NamedTensor& p : parameters_) tensors.push_back(p.tensor);
  return tensors;
}

void Adam::step(const std::vector<Tensor>& gradients, double norm) {
  const torch::NoGradGuard no_grad;
  const double shrink = norm > options_.clip ? options_.clip / norm : 1.0;
  const auto t = static_cast<double>(++steps_);
  const double rate = options_.learning_rate * std::sqrt(1 - std::pow(options_.beta2, t)) /
                      (1 - std::pow(options_.beta1, t));
  const bool fused = std::ranges::all_of(parameters_, [](const NamedTensor& p) {
    return fused::applies(p.tensor) && p.tensor.is_contiguous();
  });
  fused ? step_fused(gradients, shrink, rate) : step_plain(gradients, shrink, rate);
}

void Adam::step_plain(const std::vector<Tensor>& gradients, double shrink, double rate) {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor g = gradients[i] * shrink;
    m_[i].mul_(options_.beta1).add_(g, 1 - options_.beta1);
    v_[i].mul_(options_.beta2).addcmul_(g, g, 1 - options_.beta2);
    parameters_[i].tensor.addcdiv_(m_[i], v_[i].sqrt().add_(options_.epsilon), -rate);
  }
}

void Adam::step_fused(const std::vector<Tensor>& gradients, double shrink, double rate) {
  const auto number = [](double x) { return static_cast<float>(x); };
  const fused::AdamStep step{.shrink = number(shrink),
                             .kept_m = number(options_.beta1),
                             .fresh_m = number(1 - options_.beta1),
                             .kept_v = number(options_.beta2),
                             .fresh_v = number(1 - options_.beta2),
                             .rate = number(rate),
                             .epsilon = number(options_.epsilon)};
  std::vector<Tensor> contiguous;
  std::int64_t total = 0;
  for (const Tensor& g : gradients) {
    contiguous.push_back(g.contiguous());
    total += g.numel();
  }
  // The numbers of all parameters as one row, shared out among the threads.
  constexpr std::int64_t kFewest = 1 << 14;
  at::parallel_for(0, total, kFewest, [&](std::int64_t begin, std::int64_t end) {
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < contiguous.size(); offset += contiguous[i].numel(), ++i) {
      const std::int64_t first = std::max<std::int64_t>(begin - offset, 0),
                         last = std::min(end - offset, contiguous[i].numel());
      if (first >= last) continue;
      fused::adam(last - first, step, contiguous[i].const_data_ptr<float>() + first,
                  m_[i].data_ptr<float>() + first, v_[i].data_ptr<float>() + first,
                  parameters_[i].tensor.data_ptr<float>() + first);
    }
  });
}

double gradient_norm(const std::vector<Tensor>& gradients) {
  double sum = 0;
  for (const Tensor& g : gradients) {
    const double norm = torch::linalg_vector_norm(g).item<double>();
    sum += norm * norm;
  }
  return std::sqrt(sum);
}

std::vector<Tensor> gradients(const Tensor& loss, const std::vector<Tensor>& parameters,
                              KeepGraph keep) {
  auto grads = torch::autograd::grad({loss}, parameters, /*grad_outputs=*/{},
                                     /*retain_graph=*/keep == KeepGraph::yes,
                                     /*create_graph=*/false, /*allow_unused=*/true);
  for (std::size_t i = 0; i < grads.size(); ++i)
    if (!grads[i].defined()) grads[i] = torch::zeros_like(parameters[i]);
  return grads;
}

}  // namespace dreamer
