#include "model/world_model.h"

#include "core/error.h"
#include "ops/images.h"

namespace dreamer {

using torch::Tensor;

namespace {

// The mean over the rows that are real.
Tensor masked_mean(const Tensor& x, const Tensor& mask) { return (x * mask).sum() / mask.sum(); }

}  // namespace

WorldModel::WorldModel(const ModelConfig& config, const Signature& signature)
    : config_(config), signature_(signature) {
  const ImageShape image = image_shape(signature);
  if (image.height != 64 || image.width != 64)
    throw error(
        "images are {}x{}; the convolutions of this model take 64x64: collect or import "
        "them at that size",
        image.height, image.width);
  encoder_ = register_module("encoder", std::make_shared<Encoder>(image.channels, config.depth));
  rssm_ = register_module("rssm", std::make_shared<Rssm>(config, signature.action.size(),
                                                         Encoder::embedding(config.depth)));
  decoder_ = register_module(
      "decoder", std::make_shared<Decoder>(config.feature(), config.depth, image.channels));
  reward_ = register_module("reward", std::make_shared<DenseHead>(config.feature(), config.units,
                                                                  config.reward_layers, 1));
  if (config.discount_head)
    discount_ = register_module(
        "discount",
        std::make_shared<DenseHead>(config.feature(), config.units, config.discount_layers, 1));
  if (config.image_center)
    mean_image_ = register_buffer("mean_image",
                                  torch::full({image.height, image.width, image.channels}, 0.5F));
}

void WorldModel::set_mean_image(const Tensor& mean) {
  if (config_.image_center) mean_image_.copy_(mean);
}

Tensor WorldModel::preprocess(const Tensor& image, const Tensor& dither) const {
  const Tensor center = config_.image_center ? mean_image_ : torch::full({}, 0.5F);
  Tensor x;
  if (config_.image_encoding == "dithered") {
    x = image.to(torch::kFloat32) / 256;
    if (dither.defined()) x = x + dither / 256;
    x = (x - center) * config_.image_gain;
  } else {
    x = ops::scaled_images(image, center, config_.image_gain);
  }
  // Channels go first as a view: in memory the image stays row, column, channel, which is the
  // order in which the convolutions are fastest.
  return x.movedim(-1, -3);
}

Tensor WorldModel::to_image(const Tensor& decoded) const {
  Tensor x = decoded.movedim(-3, -1) / config_.image_gain;
  x = config_.image_center ? x + mean_image_ : x + 0.5;
  return (x * 255).round().clamp(0, 255).to(torch::kUInt8).contiguous();
}

Observed WorldModel::observe(const Sequences& batch, const ModelNoise& noise) const {
  return rssm_->observe(encode(preprocess(batch.image, noise.dither)), batch.action,
                        noise.posterior);
}

Prediction WorldModel::predict(const Tensor& feature) const {
  Prediction prediction;
  prediction.reward = reward_->forward(feature).squeeze(-1);
  if (discount_) prediction.discount = torch::sigmoid(discount_->forward(feature).squeeze(-1));
  return prediction;
}

ModelLoss WorldModel::loss(const Sequences& batch, const ModelNoise& noise) const {
  const Tensor image = preprocess(batch.image, noise.dither);  // [B,L,C,Y,X]
  ModelLoss loss;
  loss.states = rssm_->observe(encode(image), batch.action, noise.posterior);
  const Tensor feature = loss.states.latent.feature();  // [B,L,F]

  const Tensor image_nll = ops::half_squared_distance(decode(feature), image) +
                           kHalfLogTwoPi * static_cast<double>(image_shape(signature_).size());
  loss.image = masked_mean(image_nll, batch.mask);
  loss.reward =
      masked_mean(unit_normal_nll(reward_->forward(feature).squeeze(-1), batch.reward), batch.mask);

  loss.kl_each = kl_divergence(loss.states.posterior, loss.states.prior);
  loss.kl = masked_mean(loss.kl_each, batch.mask);
  loss.kl_floored = config_.free_nats_mode == "mean"
                        ? loss.kl.clamp_min(config_.free_nats)
                        : masked_mean((loss.kl_each - config_.free_nats).clamp_min(0), batch.mask);

  loss.total = config_.image_scale * loss.image + config_.reward_scale * loss.reward +
               config_.kl_scale * loss.kl_floored;
  if (discount_) {
    const Tensor logit = discount_->forward(feature).squeeze(-1);
    loss.discount =
        masked_mean(bernoulli_nll(logit, config_.discount_gamma * batch.discount), batch.mask);
    loss.total = loss.total + config_.discount_scale * loss.discount;
  }
  return loss;
}

}  // namespace dreamer
