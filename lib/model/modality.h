#pragma once

#include <memory>
#include <string>

#include <torch/torch.h>

#include "config/config.h"
#include "core/signature.h"
#include "model/sequences.h"

namespace dreamer {

/// How one observation enters the world model and is predicted by it. Its layers are registered in
/// the model.
class Modality {
 public:
  Modality() = default;
  virtual ~Modality() = default;
  Modality(const Modality&) = delete;
  Modality& operator=(const Modality&) = delete;

  /// From what is stored (an image: uint8 [...,Y,X,C]) to what is encoded and predicted.
  /// @param dither of the same shape, uniform in [0,1); undefined unless `dithered`
  [[nodiscard]] virtual torch::Tensor preprocess(const torch::Tensor& stored,
                                                 const torch::Tensor& dither) const = 0;
  /// The inverse of `preprocess`.
  [[nodiscard]] virtual torch::Tensor restore(const torch::Tensor& x) const = 0;
  [[nodiscard]] virtual bool dithered() const { return false; }

  /// What `preprocess` returns -> embedding [...,E].
  [[nodiscard]] virtual torch::Tensor encode(const torch::Tensor& x) const = 0;
  [[nodiscard]] virtual std::int64_t embedding() const = 0;  // E

  /// Registers the decoder's layers in `model`: after the RSSM's, which draw their first values
  /// before.
  virtual void add_decoder(torch::nn::Module& model) = 0;
  /// feature [...,F] -> the mean of the predicted distribution, as `preprocess` returns it.
  [[nodiscard]] virtual torch::Tensor decode(const torch::Tensor& feature) const = 0;
  /// −ln p(x | prediction), summed over the observation: [...].
  [[nodiscard]] virtual torch::Tensor nll(const torch::Tensor& prediction,
                                          const torch::Tensor& x) const = 0;
  /// `nll` of a perfect prediction.
  [[nodiscard]] virtual double nll_floor() const = 0;
  /// The weight of its loss.
  [[nodiscard]] virtual double scale() const = 0;

  /// Mean and standard deviation of the stored values over the data, of the observation's shape (an
  /// image's in [0,1]), for a `preprocess` that depends on them.
  virtual void set_statistics(const torch::Tensor& mean, const torch::Tensor& stddev) = 0;
  /// Whether it does.
  [[nodiscard]] virtual bool needs_statistics() const = 0;
};

/// The modality of a kind of space; its encoder's layers are registered in `model`.
/// @throws Error if the model has none for this space
[[nodiscard]] std::shared_ptr<Modality> make_modality(const Space& space, const ModelConfig& config,
                                                      torch::nn::Module& model);

}  // namespace dreamer
