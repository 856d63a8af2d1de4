#include "update/adam.h"

#include <algorithm>
#include <cmath>

#include "agent/tensors.h"
#include "core/error.h"
#include "ops/adam.h"

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
  const double clip_scale = norm > options_.clip ? options_.clip / norm : 1.0;
  const auto t = static_cast<double>(++steps_);
  const double rate = options_.learning_rate * std::sqrt(1 - std::pow(options_.beta2, t)) /
                      (1 - std::pow(options_.beta1, t));
  ops::adam({tensors(), gradients, m_, v_},
            {clip_scale, options_.beta1, options_.beta2, rate, options_.epsilon});
}

void write_optimizer(io::FileWriter& file, const std::string& name, Adam& adam) {
  const std::string group = "/optimizer/" + name;
  for (std::size_t i = 0; i < adam.parameters().size(); ++i) {
    const std::string& parameter = adam.parameters()[i].name;
    write_tensor(file, group + "/m/" + parameter, "", adam.first_moments()[i]);
    write_tensor(file, group + "/v/" + parameter, "", adam.second_moments()[i]);
  }
  file.attribute(group, "step", adam.steps());
}

void read_optimizer(const io::FileReader& file, const std::string& name, Adam& adam) {
  const std::string group = "/optimizer/" + name;
  for (std::size_t i = 0; i < adam.parameters().size(); ++i) {
    const std::string& parameter = adam.parameters()[i].name;
    read_tensor_into(file, group + "/m/" + parameter, adam.first_moments()[i]);
    read_tensor_into(file, group + "/v/" + parameter, adam.second_moments()[i]);
    if ((adam.second_moments()[i] < 0).any().item<bool>())
      throw error("{}: {}/v/{} holds negative values, the mean of squares; the file is damaged",
                  file.path().string(), group, parameter);
  }
  const auto steps = file.attribute<std::int64_t>(group, "step");
  if (steps < 0) throw error("{} is {}, less than 0", file.attribute_place(group, "step"), steps);
  adam.set_steps(steps);
}

double gradient_norm(const std::vector<Tensor>& gradients) {
  double sum = 0;
  for (const Tensor& g : gradients) {
    const auto norm = torch::linalg_vector_norm(g).item<double>();
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
