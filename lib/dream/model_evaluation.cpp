#include "dream/model_evaluation.h"

#include <cmath>
#include <vector>

#include "agent/tensors.h"
#include "dream/open_loop.h"

namespace dreamer {

using torch::Tensor;

namespace {

constexpr double kLeastError = 1e-10;  // mean squared error, of images in [0,1]

std::vector<double> numbers(const Tensor& x) {
  const Tensor host = x.to(torch::kFloat64).to(torch::kCPU).contiguous();
  return {host.data_ptr<double>(), host.data_ptr<double>() + host.numel()};
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
  const Tensor truth = logged.observations.at("image").to(torch::kFloat32) / 255;  // [N,L,Y,X,C]
  const ImageShape shape = image_shape(model.signature());
  const Tensor mean_frame =
      torch::tensor(replay.mean_image(), device).view({shape.height, shape.width, shape.channels});
  const auto mse = [&](const Tensor& guess) { return by_horizon((guess - ahead(truth)).square()); };
  Progress progress("windows", job.starts);
  const Tensor predicted = decoded_images(model, rollout, &progress).to(torch::kFloat32) / 255;
  const Tensor model_mse = mse(ahead(predicted)), mean_mse = mse(mean_frame);
  const Tensor model_psnr = psnr_of(model_mse), mean_psnr = psnr_of(mean_mse),
               repeat_psnr = psnr_of(mse(last_seen(truth)));
  const Tensor gain = model_psnr - torch::maximum(repeat_psnr, mean_psnr);
  // Free of the scale: PSNR is high wherever most of the image stands still.
  const Tensor explained = 1 - model_mse / mean_mse.clamp_min(kLeastError);

  const Tensor reward = model.predict(rollout.states.feature()).reward;  // [N,L]
  const auto mae = [&](const Tensor& guess) {
    return by_horizon((guess - ahead(logged.reward)).abs());
  };
  const Tensor model_mae = mae(ahead(reward)), repeat_mae = mae(last_seen(logged.reward)),
               mean_mae = mae(logged.reward.mean());
  const auto average = [](const Tensor& x) { return x.to(torch::kFloat64).mean().item<double>(); };
  return {{"episodes", replay.episodes()},
          {"starts", job.starts},
          {"context", job.context},
          {"horizon", job.horizon},
          {"psnr", average(model_psnr)},
          {"psnr_repeat_last", average(repeat_psnr)},
          {"psnr_mean_frame", average(mean_psnr)},
          {"psnr_gain", average(gain)},
          {"psnr_gain_at_end", gain[-1].item<double>()},
          {"explained", average(explained)},
          {"reward_mae", average(model_mae)},
          {"reward_mae_repeat_last", average(repeat_mae)},
          {"reward_mae_mean", average(mean_mae)},
          {"by_horizon",
           {{"psnr", numbers(model_psnr)},
            {"psnr_repeat_last", numbers(repeat_psnr)},
            {"psnr_mean_frame", numbers(mean_psnr)},
            {"psnr_gain", numbers(gain)},
            {"explained", numbers(explained)},
            {"reward_mae", numbers(model_mae)},
            {"reward_mae_repeat_last", numbers(repeat_mae)},
            {"reward_mae_mean", numbers(mean_mae)}}}};
}

}  // namespace dreamer
