#include <gtest/gtest.h>

#include "core/error.h"
#include "model/decoder.h"
#include "model/encoder.h"
#include "model/world_model.h"

namespace dreamer {
namespace {

using torch::Tensor;

ModelConfig small_config() {
  ModelConfig c;
  c.depth = 2;
  c.stoch = 5;
  c.deter = 7;
  c.hidden = 6;
  c.units = 8;
  return c;
}

constexpr ImageShape kImage{64, 64, 3};

Signature signature_of(const ImageShape& image, std::int64_t actions) {
  Signature signature;
  signature.observations = {image_space(image)};
  signature.action.shape = {actions};
  return signature;
}

Sequences random_sequences(std::int64_t batch, std::int64_t length, std::int64_t action) {
  return {{{"image", torch::randint(0, 256, {batch, length, 64, 64, 3}, torch::kUInt8)}},
          torch::rand({batch, length, action}) * 2 - 1,
          torch::rand({batch, length}),
          torch::ones({batch, length}),
          torch::ones({batch, length})};
}

ModelNoise random_noise(std::int64_t batch, std::int64_t length, const ModelConfig& c) {
  return {torch::randn({batch, length, c.stoch}), {}};
}

TEST(WorldModel, HasThePapersSizes) {
  const WorldModel model(ModelConfig{}, signature_of(kImage, 1));
  const Tensor image = torch::zeros({1, 64, 64, 3}, torch::kUInt8);
  EXPECT_EQ(model.encode(model.preprocess({{"image", image}})).size(-1), 1024);
  EXPECT_EQ(model.modalities().at("image")->decode(torch::zeros({1, 230})).sizes(),
            (std::vector<std::int64_t>{1, 3, 64, 64}));
}

TEST(WorldModel, TakesImagesOfOtherSizes) {
  const std::vector<std::pair<ImageShape, std::int64_t>> sizes = {
      {{32, 32, 3}, 4 * 2 * 2}, {{48, 64, 1}, 8 * 1 * 2},    {{84, 84, 1}, 8 * 3 * 3},
      {{96, 96, 3}, 8 * 4 * 4}, {{128, 128, 3}, 16 * 2 * 2}, {{5, 5, 3}, 1},
      {{40, 17, 3}, 2 * 8 * 2}};
  for (const auto& [image, embedding] : sizes) {
    SCOPED_TRACE(shape_text(image_space(image).shape));
    torch::manual_seed(3);
    const ModelConfig c = small_config();
    const WorldModel model(c, signature_of(image, 1));
    const Modality& modality = *model.modalities().at("image");
    EXPECT_EQ(modality.embedding(), embedding * c.depth);
    const Tensor stored =
        torch::randint(0, 256, {2, 3, image.height, image.width, image.channels}, torch::kUInt8);
    const Tensor x = modality.preprocess(stored, {});
    EXPECT_EQ(modality.encode(x).sizes(), (std::vector<std::int64_t>{2, 3, embedding * c.depth}));
    EXPECT_EQ(modality.decode(torch::zeros({2, 3, c.feature()})).sizes(), x.sizes());
    EXPECT_TRUE(torch::equal(modality.restore(x), stored));
  }
  EXPECT_THROW(WorldModel(small_config(), signature_of({3, 64, 3}, 1)), Error);
}

TEST(WorldModel, LearnsFromSeveralImagesAndVectors) {
  torch::manual_seed(4);
  for (const char* encoding : {"standardized", "symlog", "raw"}) {
    SCOPED_TRACE(encoding);
    ModelConfig c = small_config();
    c.vector_units = 6;
    c.free_nats = 0;  // or the prior would get no gradient
    c.vector_encoding = encoding;
    Signature signature = signature_of(kImage, 1);
    signature.observations.push_back({.name = "arm.joints", .shape = {2, 2}});
    signature.observations.push_back({.name = "height", .shape = {}});
    signature.observations.push_back(
        {.name = "wrist", .kind = SpaceKind::image, .shape = {32, 40, 1}});
    const WorldModel model(c, signature);
    Sequences batch = random_sequences(2, 4, 1);
    batch.observations["arm.joints"] = 100 * torch::randn({2, 4, 2, 2}) + 7;
    batch.observations["height"] = torch::rand({2, 4});
    batch.observations["wrist"] = torch::randint(0, 256, {2, 4, 32, 40, 1}, torch::kUInt8);
    Modality& joints = *model.modalities().at("arm.joints");
    joints.set_statistics(torch::full({2, 2}, 7.0F), torch::full({2, 2}, 100.0F));
    const Tensor& stored = batch.observations["arm.joints"];
    EXPECT_TRUE(torch::allclose(joints.restore(joints.preprocess(stored, {})), stored, 1e-4, 1e-3));
    const ModelLoss loss = model.loss(batch, random_noise(2, 4, c));
    std::vector<std::string> names;
    for (const LossTerm& term : loss.terms) names.push_back(term.name);
    EXPECT_EQ(names,
              (std::vector<std::string>{"arm.joints", "height", "image", "wrist", "reward"}));
    const auto gradients = torch::autograd::grad({loss.total}, model.parameters());
    for (const Tensor& gradient : gradients)
      EXPECT_GT(gradient.abs().max().item<float>(), 0) << "a parameter that nothing depends on";
  }
}

TEST(Decoder, SaysTheSameOfOneRowAndOfMany) {
  // For many rows it multiplies the weights of its first two layers with each other before.
  torch::manual_seed(4);
  const Decoder decoder(12, 2, kImage);
  const Tensor feature = torch::randn({24, 12}).requires_grad_();
  std::vector<Tensor> single;
  for (const Tensor& row : feature.split(1)) single.push_back(decoder.forward(row));
  const Tensor many = decoder.forward(feature), alone = torch::cat(single);
  EXPECT_TRUE(torch::allclose(many, alone, 1e-4, 1e-5));
  auto inputs = decoder.parameters();
  inputs.push_back(feature);
  const Tensor weights = torch::randn_like(many);
  const auto a = torch::autograd::grad({(many * weights).sum()}, inputs);
  const auto b = torch::autograd::grad({(alone * weights).sum()}, inputs);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    EXPECT_LT((a[i] - b[i]).abs().max().item<double>(), 1e-5 * b[i].abs().max().item<double>())
        << "gradient " << i;
}

TEST(Rssm, StepsFollowTheSequence) {
  torch::manual_seed(5);
  const ModelConfig c = small_config();
  const WorldModel model(c, signature_of(kImage, 2));
  const Tensor embedding = torch::randn({3, 4, Encoder(kImage, c.depth).embedding()});
  const Tensor action = torch::randn({3, 4, 2}), noise = torch::randn({3, 4, c.stoch});
  const Observed all = model.rssm().observe(embedding, action, noise);
  Latent state = model.rssm().initial(3);
  for (std::int64_t t = 0; t < 4; ++t) {
    state = model.rssm().observe_step(state, action.select(1, t), embedding.select(1, t),
                                      noise.select(1, t));
    EXPECT_TRUE(torch::allclose(state.stoch, all.latent.stoch.select(1, t), 1e-5, 1e-6));
    EXPECT_TRUE(torch::allclose(state.deter, all.latent.deter.select(1, t), 1e-5, 1e-6));
  }
}

TEST(Rssm, PriorIsSampledWhereNothingIsSeen) {
  torch::manual_seed(6);
  const ModelConfig c = small_config();
  const WorldModel model(c, signature_of(kImage, 2));
  const Tensor embedding = torch::randn({3, 2, Encoder(kImage, c.depth).embedding()});
  const Tensor action = torch::randn({3, 2, 2}), noise = torch::randn({3, 2, c.stoch});
  const Observed all = model.rssm().observe(embedding, action, noise);
  const Latent first{all.latent.stoch.select(1, 0), all.latent.deter.select(1, 0)};
  const Tensor fresh = torch::randn({3, c.stoch});
  const Latent imagined = model.rssm().imagine_step(first, action.select(1, 1), fresh);
  const Tensor expected = all.prior.mean.select(1, 1) + all.prior.stddev.select(1, 1) * fresh;
  EXPECT_TRUE(torch::allclose(imagined.stoch, expected, 1e-5, 1e-6));
}

TEST(ModelLoss, PaddingChangesNothing) {
  torch::manual_seed(7);
  const ModelConfig c = small_config();
  const WorldModel model(c, signature_of(kImage, 1));
  Sequences batch = random_sequences(2, 6, 1);
  const ModelNoise noise = random_noise(2, 6, c);
  batch.mask.slice(1, 4).zero_();
  const ModelLoss padded = model.loss(batch, noise);
  batch.observations["image"].slice(1, 4).fill_(77);
  batch.reward.slice(1, 4).fill_(1e6);
  const ModelLoss other = model.loss(batch, noise);
  EXPECT_EQ(padded.total.item<float>(), other.total.item<float>());
  Sequences shorter = batch;
  for (Tensor* t : {&shorter.observations["image"], &shorter.action, &shorter.reward,
                    &shorter.discount, &shorter.mask})
    *t = t->slice(1, 0, 4);
  const ModelLoss cut = model.loss(shorter, {noise.posterior.slice(1, 0, 4), {}});
  EXPECT_NEAR(cut.total.item<float>(), padded.total.item<float>(), 1e-2);
}

TEST(ModelLoss, FreeNatsAreAFloorNotACeiling) {
  torch::manual_seed(8);
  ModelConfig c = small_config();
  c.free_nats = 1e5;
  const WorldModel floor(c, signature_of(kImage, 1));
  const ModelLoss loss = floor.loss(random_sequences(2, 3, 1), random_noise(2, 3, c));
  EXPECT_EQ(loss.kl_floored.item<double>(), 1e5);
  EXPECT_LT(loss.kl.item<double>(), 1e5);
}

TEST(WorldModel, ImagesComeBackFromTheirPreprocessing) {
  for (const bool center : {false, true}) {
    ModelConfig c = small_config();
    c.image_center = center;
    c.image_gain = center ? 10 : 1;
    const WorldModel model(c, signature_of(kImage, 1));
    Modality& modality = *model.modalities().at("image");
    modality.set_statistics(torch::rand({64, 64, 3}), {});
    const Tensor image = torch::randint(0, 256, {2, 64, 64, 3}, torch::kUInt8);
    EXPECT_TRUE(torch::equal(modality.restore(modality.preprocess(image, {})), image));
  }
}

TEST(Gru, RecurrentKernelIsOrthogonalAsAWhole) {
  torch::manual_seed(9);
  const Gru gru(4, 6, ops::GruKind::torch);
  const Tensor w = gru.named_parameters()["weight_hh"];
  EXPECT_TRUE(torch::allclose(torch::matmul(w.t(), w), torch::eye(6), 1e-4, 1e-5));
}

TEST(Gru, OldFormBeginsWithOpenGates) {
  const Gru gru(4, 6, ops::GruKind::v1);
  const Tensor bias = gru.named_parameters()["bias_ih"];
  EXPECT_TRUE(bias.slice(0, 0, 12).eq(1).all().item<bool>());
  EXPECT_TRUE(bias.slice(0, 12).eq(0).all().item<bool>());
}

}  // namespace
}  // namespace dreamer
