#pragma once

#include <memory>

#include <torch/torch.h>

#include "config/config.h"
#include "core/signature.h"
#include "model/decoder.h"
#include "model/encoder.h"
#include "model/rssm.h"

namespace dreamer {

/// A batch of logged sequences as tensors. Row t's action led to row t's image.
struct Sequences {
  torch::Tensor image;     // [B,L,Y,X,C] uint8
  torch::Tensor action;    // [B,L,A]
  torch::Tensor reward;    // [B,L], transformed as the model wants it
  torch::Tensor discount;  // [B,L]
  torch::Tensor mask;      // [B,L]: 1 where a row is real, 0 where it is padding
};

/// The random numbers of one model update.
struct ModelNoise {
  torch::Tensor posterior;  // [B,L,S], standard normal
  torch::Tensor dither;     // [B,L,Y,X,C], uniform in [0,1); undefined unless images are dithered
};

/// The terms of the world-model loss (equation 10 of the paper), scalars, before their weights;
/// means run over real rows only.
struct ModelLoss {
  torch::Tensor total;       // what is minimised, weights applied
  torch::Tensor image;       // −ln p(image), summed over pixels, with its constant floor
  torch::Tensor reward;      // −ln p(reward)
  torch::Tensor kl;          // KL(posterior ‖ prior)
  torch::Tensor kl_floored;  // the same after the free nats
  torch::Tensor discount;    // −ln p(discount); undefined without a discount head
  Observed states;           // the posterior states, from which imagination starts
  torch::Tensor kl_each;     // [B,L]
};

/// What the world model predicts at a state.
struct Prediction {
  torch::Tensor reward;    // [...]
  torch::Tensor discount;  // [...]; undefined without a discount head
};

/// The world model: encoder, RSSM, and heads for image, reward and, optionally, discount
/// (sections 3 and 4 of the paper).
class WorldModel : public torch::nn::Module {
 public:
  /// @throws Error if the image is not 64×64, the size that the convolutions lead to.
  WorldModel(const ModelConfig& config, const Signature& signature);

  /// The loss on a batch, with its gradients' history.
  [[nodiscard]] ModelLoss loss(const Sequences& batch, const ModelNoise& noise) const;

  /// uint8 [...,Y,X,C] -> what the encoder sees and the decoder aims at, [...,C,Y,X].
  [[nodiscard]] torch::Tensor preprocess(const torch::Tensor& image,
                                         const torch::Tensor& dither = {}) const;
  /// The decoder's output as an image: [...,C,Y,X] -> uint8 [...,Y,X,C].
  [[nodiscard]] torch::Tensor to_image(const torch::Tensor& decoded) const;

  /// Posterior states of sequences, as `loss` computes them, but nothing decoded.
  [[nodiscard]] Observed observe(const Sequences& batch, const ModelNoise& noise) const;
  /// Reward and discount at states; feature [...,F].
  [[nodiscard]] Prediction predict(const torch::Tensor& feature) const;
  [[nodiscard]] torch::Tensor decode(const torch::Tensor& feature) const {
    return decoder_->forward(feature);
  }
  [[nodiscard]] torch::Tensor encode(const torch::Tensor& image) const {
    return encoder_->forward(image);
  }
  [[nodiscard]] const Rssm& rssm() const { return *rssm_; }

  [[nodiscard]] const ModelConfig& config() const { return config_; }
  /// What it sees and how it acts, of the data that it is learned from.
  [[nodiscard]] const Signature& signature() const { return signature_; }

  /// The frame that is subtracted with `image_center`, in [0,1]; [Y,X,C]. Set once, from the data.
  void set_mean_image(const torch::Tensor& mean);

 private:
  ModelConfig config_;
  Signature signature_;
  std::shared_ptr<Encoder> encoder_;
  std::shared_ptr<Rssm> rssm_;
  std::shared_ptr<Decoder> decoder_;
  std::shared_ptr<DenseHead> reward_, discount_;
  torch::Tensor mean_image_;  // undefined unless image_center
};

}  // namespace dreamer
