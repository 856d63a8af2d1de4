#include "dream/model_evaluation.h"

#include <cmath>
#include <vector>

#include "agent/tensors.h"
#include "dream/open_loop.h"
#include "dream/starts.h"

namespace dreamer {

using torch::Tensor;

namespace {

constexpr double kLeastError = 1e-10;  // mean squared error, of images in [0,1]
constexpr double kLeastDeviation = 1e-6;

std::vector<double> numbers(const Tensor& x) {
  const Tensor host = x.to(torch::kFloat64).to(torch::kCPU).contiguous();
  return {host.data_ptr<double>(), host.data_ptr<double>() + host.numel()};
}

double average(const Tensor& x) { return x.to(torch::kFloat64).mean().item<double>(); }

// Rows of [N,L,…] behind the context, and the last one of it.
Tensor ahead(const Tensor& x, const EvaluateModelJob& job) { return x.slice(1, job.context); }
Tensor last_seen(const Tensor& x, const EvaluateModelJob& job) {
  return x.slice(1, job.context - 1, job.context);
}

/// The mean frame [Y,X,C] in [0,1].
Tensor mean_image(const data::Replay& replay, const std::string& name, torch::Device device) {
  return torch::tensor(replay.mean_image(name), device)
      .view(replay.signature().observation(name)->shape);
}

/// How well one observation is predicted.
struct Errors {
  Json figures;      // beside the baselines
  Tensor explained;  // [horizon]
};

/// The share of the squared error of the mean that the model avoids: free of the scale, as PSNR is
/// high wherever most of the image stands still.
Tensor explained_share(const Tensor& model_mse, const Tensor& mean_mse) {
  return 1 - model_mse / mean_mse.clamp_min(kLeastError);
}

/// Of an image uint8 [N,L,Y,X,C], beside repeating the last frame and the mean frame.
Errors image_errors(const Tensor& predicted, const Tensor& stored, const Tensor& mean_frame,
                    const EvaluateModelJob& job) {
  const Tensor truth = stored.to(torch::kFloat32) / 255;
  const auto mse = [&](const Tensor& guess) {
    return by_horizon((guess - ahead(truth, job)).square());
  };
  const Tensor model_mse = mse(ahead(predicted.to(torch::kFloat32) / 255, job)),
               mean_mse = mse(mean_frame);
  const Tensor model_psnr = psnr_of(model_mse), mean_psnr = psnr_of(mean_mse),
               repeat_psnr = psnr_of(mse(last_seen(truth, job)));
  const Tensor gain = model_psnr - torch::maximum(repeat_psnr, mean_psnr);
  return {{{"psnr", average(model_psnr)},
           {"psnr_repeat_last", average(repeat_psnr)},
           {"psnr_mean_frame", average(mean_psnr)},
           {"psnr_gain", average(gain)},
           {"psnr_gain_at_end", gain[-1].item<double>()},
           {"by_horizon",
            {{"psnr", numbers(model_psnr)},
             {"psnr_repeat_last", numbers(repeat_psnr)},
             {"psnr_mean_frame", numbers(mean_psnr)},
             {"psnr_gain", numbers(gain)}}}},
          explained_share(model_mse, mean_mse)};
}

/// Of a vector [N,L,…], in units of each value's standard deviation in the data, beside repeating
/// the last row and the mean of the data.
Errors vector_errors(const Tensor& predicted, const Tensor& truth,
                     const data::Replay::Moments& moments, const EvaluateModelJob& job) {
  const Tensor mean = torch::tensor(moments.mean, truth.device()).view(truth.sizes().slice(2));
  const Tensor stddev = torch::tensor(moments.stddev, truth.device())
                            .view(truth.sizes().slice(2))
                            .clamp_min(kLeastDeviation);
  const auto mse = [&](const Tensor& guess) {
    return by_horizon(((guess - ahead(truth, job)) / stddev).square());
  };
  const Tensor model_mse = mse(ahead(predicted, job)), mean_mse = mse(mean),
               repeat_mse = mse(last_seen(truth, job));
  return {{{"rmse", average(model_mse.sqrt())},
           {"rmse_repeat_last", average(repeat_mse.sqrt())},
           {"rmse_mean", average(mean_mse.sqrt())},
           {"by_horizon",
            {{"rmse", numbers(model_mse.sqrt())},
             {"rmse_repeat_last", numbers(repeat_mse.sqrt())},
             {"rmse_mean", numbers(mean_mse.sqrt())}}}},
          explained_share(model_mse, mean_mse)};
}

Json reward_errors(const WorldModel& model, const Rollout& rollout, const Sequences& logged,
                   const EvaluateModelJob& job) {
  const Tensor reward = model.predict(rollout.states.feature()).reward;  // [N,L]
  const auto mae = [&](const Tensor& guess) {
    return by_horizon((guess - ahead(logged.reward, job)).abs());
  };
  const Tensor model_mae = mae(ahead(reward, job)), repeat_mae = mae(last_seen(logged.reward, job)),
               mean_mae = mae(logged.reward.mean());
  return {{"reward_mae", average(model_mae)},
          {"reward_mae_repeat_last", average(repeat_mae)},
          {"reward_mae_mean", average(mean_mae)},
          {"by_horizon",
           {{"reward_mae", numbers(model_mae)},
            {"reward_mae_repeat_last", numbers(repeat_mae)},
            {"reward_mae_mean", numbers(mean_mae)}}}};
}

}  // namespace

Json evaluate_open_loop(const WorldModel& model, const data::Replay& replay,
                        const EvaluateModelJob& job, torch::Device device) {
  const torch::NoGradGuard no_grad;
  const WindowLength length{job.context, job.horizon};
  const Sequences logged =
      windows_at(replay, random_starts(replay, job.starts, length, job.seed), 1, length, device)
          .logged;
  const Rollout rollout =
      open_loop(model, logged, job.context, {.seed = job.seed, .temperature = 0});
  Json summary = {{"episodes", replay.episodes()},
                  {"starts", job.starts},
                  {"context", job.context},
                  {"horizon", job.horizon}};
  std::vector<Tensor> explained;  // by observation: [horizon]
  Progress progress("windows", job.starts);
  Progress* counted = &progress;
  for (const auto& [name, modality] : model.modalities()) {
    const Tensor predicted = decoded(*modality, rollout, counted);
    counted = nullptr;  // the first observation counts for all
    const Tensor& truth = logged.observations.at(name);
    Errors errors = truth.scalar_type() == torch::kUInt8
                        ? image_errors(predicted, truth, mean_image(replay, name, device), job)
                        : vector_errors(predicted, truth, replay.moments(name), job);
    explained.push_back(errors.explained);
    if (name == "image") {
      summary.merge_patch(errors.figures);
      continue;
    }
    errors.figures["explained"] = average(errors.explained);
    errors.figures["by_horizon"]["explained"] = numbers(errors.explained);
    summary["observations"][name] = std::move(errors.figures);
  }
  const Tensor overall = torch::stack(explained).mean(0);
  summary["explained"] = average(overall);
  summary["by_horizon"]["explained"] = numbers(overall);
  if (model.config().reward_head && replay.has_rewards())
    summary.merge_patch(reward_errors(model, rollout, logged, job));
  return summary;
}

}  // namespace dreamer
