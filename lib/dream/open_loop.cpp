#include "dream/open_loop.h"

#include <algorithm>

#include "agent/tensors.h"
#include "core/error.h"

namespace dreamer {

using torch::Tensor;

namespace {

// Normal noise; zeros make a sample the mean.
Tensor noise(const Draw& draw, std::string_view name, torch::IntArrayRef shape,
             torch::Device device) {
  if (draw.temperature == 0) return torch::zeros(shape, device);
  const Tensor standard =
      normal_tensor(RandomStream(static_cast<std::uint64_t>(draw.seed), name), 0, shape, device);
  return draw.temperature == 1 ? standard : draw.temperature * standard;
}

/// An action of the policy.
Tensor drawn(const ActionDistribution& policy, const Space& space, const Tensor& noise,
             const Draw& draw) {
  if (draw.temperature > 0) return policy.sample(noise);
  return space.kind == SpaceKind::discrete ? policy.mode({})
                                           : policy.sample(torch::zeros_like(noise));
}

// The posterior states of the first `context` rows: [N,context,…].
Latent see(const WorldModel& model, const Sequences& logged, std::int64_t context,
           const Draw& draw) {
  Sequences seen = logged;
  for (auto& [name, values] : seen.observations) values = values.slice(1, 0, context);
  seen.action = logged.action.slice(1, 0, context);
  ModelNoise numbers;
  numbers.posterior =
      noise(draw, "dream-posterior", {logged.action.size(0), context, model.config().stoch},
            logged.action.device());
  numbers.dither = model.mean_dither();
  return model.observe(seen, numbers).latent;
}

// Collects states and actions row by row behind those of the context.
class Recorder {
 public:
  Recorder(const Latent& seen, const Tensor& actions) {
    stoch_.push_back(seen.stoch);
    deter_.push_back(seen.deter);
    action_.push_back(actions);
  }
  void add(const Latent& state, const Tensor& action) {
    stoch_.push_back(state.stoch.unsqueeze(1));
    deter_.push_back(state.deter.unsqueeze(1));
    action_.push_back(action.unsqueeze(1));
  }
  [[nodiscard]] Rollout rollout(std::int64_t context) const {
    return {{torch::cat(stoch_, 1), torch::cat(deter_, 1)}, torch::cat(action_, 1), context};
  }

 private:
  std::vector<Tensor> stoch_, deter_, action_;
};

Latent last_row(const Latent& states) {
  return {states.stoch.select(1, -1), states.deter.select(1, -1)};
}

}  // namespace

Rollout open_loop(const WorldModel& model, const Sequences& logged, std::int64_t context,
                  const Draw& draw) {
  const torch::NoGradGuard no_grad;
  const std::int64_t rows = logged.action.size(0), length = logged.action.size(1);
  const Tensor prior_noise =
      noise(draw, "dream-prior", {length, rows, model.config().stoch}, logged.action.device());
  const Latent seen = see(model, logged, context, draw);
  Recorder recorder(seen, logged.action.slice(1, 0, context));
  Latent state = last_row(seen);
  for (std::int64_t t = context; t < length; ++t) {
    const Tensor action = logged.action.select(1, t);
    state = model.rssm().imagine_step(state, action, prior_noise[t]);
    recorder.add(state, action);
  }
  return recorder.rollout(context);
}

Rollout policy_dream(const WorldModel& model, const Actor& actor, const Sequences& logged,
                     std::int64_t context, std::int64_t horizon, const Draw& draw) {
  const torch::NoGradGuard no_grad;
  const std::int64_t rows = logged.action.size(0);
  const auto device = logged.action.device();
  const Tensor prior_noise =
      noise(draw, "dream-prior", {horizon, rows, model.config().stoch}, device);
  const Space& space = model.signature().action;
  const Tensor draws =
      action_noise(space, RandomStream(static_cast<std::uint64_t>(draw.seed), "dream-action"), 0,
                   {horizon, rows, space.size()}, device);
  const Latent seen = see(model, logged, context, draw);
  Recorder recorder(seen, logged.action.slice(1, 0, context));
  Latent state = last_row(seen);
  for (std::int64_t t = 0; t < horizon; ++t) {
    const Tensor action = drawn(actor.forward(state.feature()), space, draws[t], draw);
    state = model.rssm().imagine_step(state, action, prior_noise[t]);
    recorder.add(state, action);
  }
  return recorder.rollout(context);
}

Tensor decoded(const Modality& modality, const Rollout& rollout, Progress* progress) {
  const torch::NoGradGuard no_grad;
  // One dream at a time: the decoder's layers between need a hundred times an image's memory.
  std::vector<Tensor> dreams;
  const Tensor feature = rollout.states.feature();
  for (std::int64_t n = 0; n < feature.size(0); ++n) {
    dreams.push_back(modality.restore(modality.decode(feature[n])));
    if (progress != nullptr) progress->advance();
  }
  return torch::stack(dreams);
}

Tensor psnr_of(const Tensor& mse) { return -10 * mse.clamp_min(1e-10).log10(); }

Tensor by_horizon(const Tensor& x) {
  std::vector<std::int64_t> axes = {0};
  for (std::int64_t axis = 2; axis < x.dim(); ++axis) axes.push_back(axis);
  return x.mean(axes);
}

}  // namespace dreamer
