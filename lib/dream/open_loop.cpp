#include "dream/open_loop.h"

#include <algorithm>

#include "agent/tensors.h"
#include "core/error.h"

namespace dreamer {

using torch::Tensor;

namespace {

// Standard normal noise, or zeros, which make a sample the mean.
Tensor noise(Draw draw, std::int64_t seed, std::string_view name, torch::IntArrayRef shape,
             torch::Device device) {
  if (draw == Draw::mean) return torch::zeros(shape, device);
  return normal_tensor(RandomStream(static_cast<std::uint64_t>(seed), name), 0, shape, device);
}

// The posterior states of the first `context` rows: [N,context,…].
Latent see(const WorldModel& model, const Sequences& logged, std::int64_t context, Draw draw,
           std::int64_t seed) {
  Sequences seen = logged;
  for (auto& [name, values] : seen.observations) values = values.slice(1, 0, context);
  seen.action = logged.action.slice(1, 0, context);
  ModelNoise numbers;
  numbers.posterior =
      noise(draw, seed, "dream-posterior", {logged.action.size(0), context, model.config().stoch},
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

Error too_short(std::int64_t longest, std::int64_t context, std::int64_t ahead) {
  if (ahead == 0)
    return error(
        "the longest episode has {0} rows, --context {1} needs {1}; give --context {0} or less",
        longest, context);
  const std::string remedy =
      context < longest ? fmt::format("--horizon {} or less", longest - context)
                        : fmt::format("--context {} or less with --horizon 1", longest - 1);
  return error("the longest episode has {} rows, --context {} --horizon {} need {}; give {}",
               longest, context, ahead, context + ahead, remedy);
}

}  // namespace

Rollout open_loop(const WorldModel& model, const Sequences& logged, std::int64_t context, Draw draw,
                  std::int64_t seed) {
  const torch::NoGradGuard no_grad;
  const std::int64_t rows = logged.action.size(0), length = logged.action.size(1);
  const Tensor prior_noise = noise(draw, seed, "dream-prior", {length, rows, model.config().stoch},
                                   logged.action.device());
  const Latent seen = see(model, logged, context, draw, seed);
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
                     std::int64_t context, std::int64_t horizon, std::int64_t seed) {
  const torch::NoGradGuard no_grad;
  const std::int64_t rows = logged.action.size(0);
  const auto device = logged.action.device();
  const Tensor prior_noise =
      noise(Draw::sample, seed, "dream-prior", {horizon, rows, model.config().stoch}, device);
  const Space& space = model.signature().action;
  const Tensor draws =
      action_noise(space, RandomStream(static_cast<std::uint64_t>(seed), "dream-action"), 0,
                   {horizon, rows, space.size()}, device);
  const Latent seen = see(model, logged, context, Draw::sample, seed);
  Recorder recorder(seen, logged.action.slice(1, 0, context));
  Latent state = last_row(seen);
  for (std::int64_t t = 0; t < horizon; ++t) {
    const Tensor action = actor.forward(state.feature()).sample(draws[t]);
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

Windows draw_windows(const data::Replay& replay, std::int64_t count, std::int64_t context,
                     std::int64_t ahead, std::int64_t seed, torch::Device device) {
  const std::int64_t length = context + ahead;
  std::vector<std::int64_t> eligible;
  std::int64_t longest = 0;
  for (std::int64_t e = 0; e < replay.episodes(); ++e) {
    longest = std::max(longest, replay.length(e));
    if (replay.length(e) >= length) eligible.push_back(e);
  }
  if (eligible.empty()) throw too_short(longest, context, ahead);
  const RandomStream stream(static_cast<std::uint64_t>(seed), "starts");
  Windows windows;
  std::vector<Sequences> parts;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count); ++i) {
    const std::int64_t e = eligible[stream.below(eligible.size(), 0, 2 * i)];
    const auto places = static_cast<std::uint64_t>(replay.length(e) - length + 1);
    const auto first = static_cast<std::int64_t>(stream.below(places, 0, 2 * i + 1));
    windows.episode.push_back(e);
    windows.first_row.push_back(first);
    parts.push_back(to_sequences(replay.window(e, first, length), device));
  }
  const auto join = [&](Tensor Sequences::*member) {
    std::vector<Tensor> tensors;
    for (const Sequences& part : parts) tensors.push_back(part.*member);
    return torch::cat(tensors);
  };
  Observations observations;
  for (const auto& [name, first] : parts.front().observations) {
    std::vector<Tensor> tensors;
    for (const Sequences& part : parts) tensors.push_back(part.observations.at(name));
    observations[name] = torch::cat(tensors);
  }
  windows.logged = {std::move(observations), join(&Sequences::action), join(&Sequences::reward),
                    join(&Sequences::discount), join(&Sequences::mask)};
  return windows;
}

}  // namespace dreamer
