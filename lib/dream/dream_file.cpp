#include "dream/dream_file.h"

#include "agent/tensors.h"
#include "dream/open_loop.h"
#include "dream/starts.h"
#include "dream/what_if.h"

namespace dreamer {

using torch::Tensor;

namespace {

template <class T>
std::vector<T> to_vector(const Tensor& tensor) {
  const Tensor host = tensor.detach().to(torch::kCPU).contiguous();
  return {host.data_ptr<T>(), host.data_ptr<T>() + host.numel()};
}

/// @param length of the rows that must be logged. Along other actions these are the context alone;
/// where nobody names the starts, they are yet those of the logged actions, to compare with.
std::vector<Start> starts_of(const data::Replay& replay, const ImagineJob& job,
                             WindowLength length) {
  if (!job.at.empty()) return named_starts(replay, job.at, length);
  if (job.policy.empty()) length.ahead = job.horizon;
  if (job.every > 0) return spaced_starts(replay, job.every, length);
  return random_starts(replay, job.starts, length, job.seed);
}

}  // namespace

data::Dream make_dream(const ModelCheckpoint& checkpoint, const PolicyCheckpoint* policy,
                       const data::Replay& replay, const ImagineJob& job, torch::Device device) {
  const torch::NoGradGuard no_grad;
  const WorldModel& model = *checkpoint.model;
  const data::DreamKind kind = policy != nullptr         ? data::DreamKind::policy
                               : job.actions == "replay" ? data::DreamKind::open_loop
                                                         : data::DreamKind::what_if;
  const bool has_truth = kind == data::DreamKind::open_loop;
  // Along logged actions every row must be logged; along others the context only.
  const WindowLength length{job.context, has_truth ? job.horizon : 0};
  Windows windows = windows_at(replay, starts_of(replay, job, length), job.samples, length, device);
  const Draw draw{.seed = job.seed, .temperature = job.temperature};
  const auto count = static_cast<std::int64_t>(windows.starts.size());
  if (kind == data::DreamKind::what_if) {
    Tensor& action = windows.logged.action;
    action = torch::cat({action, what_if_actions(job.actions, model.signature().action, action,
                                                 job.horizon, job.seed)},
                        1);
  }
  const Rollout rollout = policy == nullptr
                              ? open_loop(model, windows.logged, job.context, draw)
                              : policy_dream(model, *policy->behavior->actor, windows.logged,
                                             job.context, job.horizon, draw);

  Progress progress("dreams", count);
  data::Dream dream;
  dream.kind = kind;
  dream.model = checkpoint.provenance.id;
  dream.model_updates = checkpoint.counts.updates;
  dream.signature = model.signature();
  dream.context = job.context;
  dream.starts = count;
  dream.horizon = job.context + job.horizon;
  dream.stoch_size = model.config().stoch;
  dream.deter_size = model.config().deter;
  for (const Start& start : windows.starts) {
    dream.start_episode.push_back(replay.path(start.episode).string());
    dream.start_row.push_back(start.row);
  }

  const Tensor feature = rollout.states.feature();  // [N,H,F]
  const Prediction predicted = model.predict(feature);
  dream.action = to_vector<float>(rollout.action);
  dream.stoch = to_vector<float>(rollout.states.stoch);
  dream.deter = to_vector<float>(rollout.states.deter);
  if (predicted.reward.defined()) dream.reward = to_vector<float>(predicted.reward);
  if (predicted.discount.defined()) dream.discount = to_vector<float>(predicted.discount);
  if (policy != nullptr)
    dream.value = to_vector<float>(policy->behavior->value->forward(feature).squeeze(-1));
  bool first = true;
  for (const auto& [name, modality] : model.modalities()) {
    const Tensor predicted_values = decoded(*modality, rollout, first ? &progress : nullptr);
    first = false;
    const Tensor& logged = windows.logged.observations.at(name);
    if (logged.scalar_type() == torch::kUInt8) {
      dream.images[name] = to_vector<std::uint8_t>(predicted_values);
      if (has_truth) dream.truth_images[name] = to_vector<std::uint8_t>(logged);
    } else {
      dream.vectors[name] = to_vector<float>(predicted_values);
      if (has_truth) dream.truth_vectors[name] = to_vector<float>(logged);
    }
  }
  if (has_truth && predicted.reward.defined() && replay.has_rewards())
    dream.truth_reward = to_vector<float>(windows.logged.reward);
  return dream;
}

Json summarize(const data::Dream& dream) {
  Json line = {{"kind", data::name_of(dream.kind)},
               {"starts", dream.starts},
               {"context", dream.context},
               {"horizon", dream.horizon - dream.context}};
  if (!dream.has_truth()) return line;
  const auto ahead = [&](const auto& values, torch::ScalarType type) {
    const std::int64_t columns =
        static_cast<std::int64_t>(values.size()) / (dream.starts * dream.horizon);
    return torch::from_blob(
               const_cast<void*>(static_cast<const void*>(values.data())),  // only read
               {dream.starts, dream.horizon, columns}, type)
        .slice(1, dream.context)
        .to(torch::kFloat32);
  };
  for (const auto& [name, values] : dream.images) {
    const Tensor difference =
        (ahead(values, torch::kUInt8) - ahead(dream.truth_images.at(name), torch::kUInt8)) / 255;
    Json& place = name == "image" ? line : line["observations"][name];
    place["psnr"] = psnr_of(by_horizon(difference.square())).mean().item<double>();
  }
  for (const auto& [name, values] : dream.vectors) {
    const Tensor difference =
        ahead(values, torch::kFloat32) - ahead(dream.truth_vectors.at(name), torch::kFloat32);
    line["observations"][name]["rmse"] = difference.square().mean().sqrt().item<double>();
  }
  if (!dream.truth_reward.empty())
    line["reward_mae"] =
        (ahead(dream.reward, torch::kFloat32) - ahead(dream.truth_reward, torch::kFloat32))
            .abs()
            .mean()
            .item<double>();
  if (dream.kind != data::DreamKind::open_loop && !dream.truth_reward.empty()) {
    line["imagined_return"] = ahead(dream.reward, torch::kFloat32).sum(1).mean().item<double>();
    line["simulated_return"] =
        ahead(dream.truth_reward, torch::kFloat32).sum(1).mean().item<double>();
  }
  return line;
}

}  // namespace dreamer
