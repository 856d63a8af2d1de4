#include "dream/dream_file.h"

#include "agent/tensors.h"
#include "dream/open_loop.h"

namespace dreamer {

using torch::Tensor;

namespace {

template <class T>
std::vector<T> to_vector(const Tensor& tensor) {
  const Tensor host = tensor.detach().to(torch::kCPU).contiguous();
  return {host.data_ptr<T>(), host.data_ptr<T>() + host.numel()};
}

}  // namespace

data::Dream make_dream(const ModelCheckpoint& checkpoint, const PolicyCheckpoint* policy,
                       const data::Replay& replay, const ImagineJob& job, torch::Device device) {
  const torch::NoGradGuard no_grad;
  const WorldModel& model = *checkpoint.model;
  // Along logged actions every row must be logged; along a policy's own, the context only.
  const std::int64_t logged_ahead = policy == nullptr ? job.horizon : 0;
  const Windows windows =
      draw_windows(replay, job.starts, job.context, logged_ahead, job.seed, device);
  const Rollout rollout =
      policy == nullptr ? open_loop(model, windows.logged, job.context, Draw::sample, job.seed)
                        : policy_dream(model, *policy->behavior->actor, windows.logged, job.context,
                                       job.horizon, job.seed);

  Progress progress("dreams", job.starts);
  data::Dream dream;
  dream.kind = policy == nullptr ? data::DreamKind::open_loop : data::DreamKind::policy;
  dream.signature = model.signature();
  dream.context = job.context;
  dream.starts = job.starts;
  dream.horizon = job.context + job.horizon;
  dream.stoch_size = model.config().stoch;
  dream.deter_size = model.config().deter;
  for (const std::int64_t episode : windows.episode)
    dream.start_episode.push_back(replay.path(episode).string());
  dream.start_row = windows.first_row;

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
      if (policy == nullptr) dream.truth_images[name] = to_vector<std::uint8_t>(logged);
    } else {
      dream.vectors[name] = to_vector<float>(predicted_values);
      if (policy == nullptr) dream.truth_vectors[name] = to_vector<float>(logged);
    }
  }
  if (policy == nullptr && predicted.reward.defined() && replay.has_rewards())
    dream.truth_reward = to_vector<float>(windows.logged.reward);
  return dream;
}

Json summarize(const data::Dream& dream) {
  Json line = {{"kind", dream.kind == data::DreamKind::policy ? "policy" : "open_loop"},
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
  return line;
}

}  // namespace dreamer
