#include "model/image_modality.h"

#include "io/checkpoint_header.h"
#include "ops/distributions.h"
#include "ops/images.h"

namespace dreamer {

using torch::Tensor;

ImageModality::ImageModality(const Space& space, const ModelConfig& config,
                             torch::nn::Module& model)
    : space_(space), config_(config), shape_{space.shape[0], space.shape[1], space.shape[2]} {
  encoder_ = model.register_module(io::part_name("encoder", space),
                                   std::make_shared<Encoder>(shape_, config_.depth));
  if (config_.image_center)
    mean_ =
        model.register_buffer(space.name == "image" ? "mean_image" : io::part_name("mean", space),
                              torch::full({shape_.height, shape_.width, shape_.channels}, 0.5F));
}

void ImageModality::add_decoder(torch::nn::Module& model) {
  decoder_ =
      model.register_module(io::part_name("decoder", space_),
                            std::make_shared<Decoder>(config_.feature(), config_.depth, shape_));
}

void ImageModality::set_statistics(const Tensor& mean, const Tensor&) {
  if (config_.image_center) mean_.copy_(mean);
}

Tensor ImageModality::preprocess(const Tensor& stored, const Tensor& dither) const {
  const Tensor center = config_.image_center ? mean_ : torch::full({}, 0.5F);
  Tensor x;
  if (dithered()) {
    x = stored.to(torch::kFloat32) / 256;
    if (dither.defined()) x = x + dither / 256;
    x = (x - center) * config_.image_gain;
  } else {
    x = ops::scaled_images(stored, center, config_.image_gain);
  }
  // Channels go first as a view: in memory the image stays row, column, channel, which is the
  // order in which the convolutions are fastest.
  return x.movedim(-1, -3);
}

Tensor ImageModality::restore(const Tensor& decoded) const {
  Tensor x = decoded.movedim(-3, -1) / config_.image_gain;
  x = config_.image_center ? x + mean_ : x + 0.5;
  return (x * 255).round().clamp(0, 255).to(torch::kUInt8).contiguous();
}

Tensor ImageModality::nll(const Tensor& prediction, const Tensor& x) const {
  return ops::half_squared_distance(prediction, x) + nll_floor();
}

double ImageModality::nll_floor() const {
  return kHalfLogTwoPi * static_cast<double>(shape_.size());
}

}  // namespace dreamer
