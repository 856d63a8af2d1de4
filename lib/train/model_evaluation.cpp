#include "train/model_evaluation.h"

#include <cmath>
#include <vector>

#include "train/dreaming.h"
#include "train/tensors.h"

namespace dreamer {

using torch::Tensor;

namespace {

std::vector<double> numbers(const Tensor& x) {
  const Tensor host = x.to(torch::kFloat64).to(torch::kCPU).contiguous();
  return {host.data_ptr<double>(), host.data_ptr<double>() + host.numel()};
}

// Decibels of a mean squared error of pixels in [0,1].
std::vector<double> psnr(const Tensor& mse) { return numbers(-10 * mse.clamp_min(1e-10).log10()); }

// Mean over everything but the horizon: [N,H,…] -> [H].
Tensor by_horizon(const Tensor& x) {
  std::vector<std::int64_t> axes = {0};
  for (std::int64_t axis = 2; axis < x.dim(); ++axis) axes.push_back(axis);
  return x.mean(axes);
}

}  // namespace

Json evaluate_open_loop(const WorldModel& model, const data::Replay& replay,
                        const EvaluateModelJob& job, torch::Device device) {
  const torch::NoGradGuard no_grad;
  const Sequences logged =
      draw_windows(replay, job.starts, job.context, job.horizon, job.seed, device).logged;
  const Rollout rollout = open_loop(model, logged, job.context, Draw::mean, job.seed);

  const auto ahead = [&](const Tensor& x) { return x.slice(1, job.context); };
  const auto last_seen = [&](const Tensor& x) { return x.slice(1, job.context - 1, job.context); };
  const Tensor truth = logged.image.to(torch::kFloat32) / 255;  // [N,L,Y,X,C]
  const data::ImageShape shape = model.image_shape();
  const Tensor mean_frame =
      torch::tensor(replay.mean_image(), device).view({shape.height, shape.width, shape.channels});
  const auto mse = [&](const Tensor& guess) { return by_horizon((guess - ahead(truth)).square()); };
  const Tensor predicted = pictures(model, rollout).to(torch::kFloat32) / 255;
  const auto model_psnr = psnr(mse(ahead(predicted)));
  const auto repeat_psnr = psnr(mse(last_seen(truth)));
  const auto mean_psnr = psnr(mse(mean_frame));

  const Tensor reward = model.predict(rollout.states.feature()).reward;  // [N,L]
  const auto mae = [&](const Tensor& guess) {
    return numbers(by_horizon((guess - ahead(logged.reward)).abs()));
  };
  const auto average = [](const std::vector<double>& values) {
    double sum = 0;
    for (const double v : values) sum += v;
    return sum / static_cast<double>(values.size());
  };
  return {{"episodes", replay.episodes()},
          {"starts", job.starts},
          {"context", job.context},
          {"horizon", job.horizon},
          {"psnr", average(model_psnr)},
          {"psnr_repeat_last", average(repeat_psnr)},
          {"psnr_mean_frame", average(mean_psnr)},
          {"psnr_gain_at_end", model_psnr.back() - repeat_psnr.back()},
          {"reward_mae", average(mae(ahead(reward)))},
          {"reward_mae_repeat_last", average(mae(last_seen(logged.reward)))},
          {"reward_mae_mean", average(mae(logged.reward.mean()))},
          {"by_horizon",
           {{"psnr", model_psnr},
            {"psnr_repeat_last", repeat_psnr},
            {"psnr_mean_frame", mean_psnr},
            {"reward_mae", mae(ahead(reward))},
            {"reward_mae_repeat_last", mae(last_seen(logged.reward))},
            {"reward_mae_mean", mae(logged.reward.mean())}}}};
}

}  // namespace dreamer
