#include "model/vector_modality.h"

#include "io/checkpoint_header.h"
#include "ops/distributions.h"

namespace dreamer {

using torch::Tensor;

namespace {

// What varies less is taken as it is: it may be a constant of the first episodes only.
constexpr double kLeastDeviation = 1e-3;

Tensor symlog(const Tensor& x) { return x.sign() * x.abs().log1p(); }
Tensor symexp(const Tensor& x) { return x.sign() * x.abs().expm1(); }

}  // namespace

VectorModality::VectorModality(const Space& space, const ModelConfig& config,
                               torch::nn::Module& model)
    : space_(space), config_(config) {
  encoder_ =
      model.register_module(io::part_name("encoder", space),
                            std::make_shared<DenseHead>(space.size(), config.vector_units,
                                                        config.vector_layers, config.vector_units));
  if (config_.vector_encoding != "standardized") return;
  mean_ = model.register_buffer(io::part_name("mean", space), torch::zeros({space.size()}));
  stddev_ = model.register_buffer(io::part_name("stddev", space), torch::ones({space.size()}));
}

void VectorModality::add_decoder(torch::nn::Module& model) {
  decoder_ =
      model.register_module(io::part_name("decoder", space_),
                            std::make_shared<DenseHead>(config_.feature(), config_.vector_units,
                                                        config_.vector_layers, space_.size()));
}

void VectorModality::set_statistics(const Tensor& mean, const Tensor& stddev) {
  if (!needs_statistics()) return;
  mean_.copy_(mean.flatten());
  stddev_.copy_(torch::where(stddev < kLeastDeviation, torch::ones_like(stddev), stddev).flatten());
}

Tensor VectorModality::preprocess(const Tensor& stored, const Tensor&) const {
  const auto rank = static_cast<std::int64_t>(space_.shape.size());
  const Tensor x = rank == 0 ? stored.unsqueeze(-1) : stored.flatten(stored.dim() - rank);
  if (needs_statistics()) return (x - mean_) / stddev_;
  return config_.vector_encoding == "symlog" ? symlog(x) : x;
}

Tensor VectorModality::restore(const Tensor& x) const {
  Tensor values = x;
  if (needs_statistics())
    values = x * stddev_ + mean_;
  else if (config_.vector_encoding == "symlog")
    values = symexp(x);
  auto shape = x.sizes().slice(0, x.dim() - 1).vec();
  shape.insert(shape.end(), space_.shape.begin(), space_.shape.end());
  return values.reshape(shape);
}

Tensor VectorModality::nll(const Tensor& prediction, const Tensor& x) const {
  return 0.5 * (prediction - x).square().sum(-1) + nll_floor();
}

double VectorModality::nll_floor() const {
  return kHalfLogTwoPi * static_cast<double>(space_.size());
}

}  // namespace dreamer
