#include "agent/agent_policy.h"

#include "agent/tensors.h"
#include "core/error.h"

namespace dreamer {

using torch::Tensor;

namespace {

constexpr std::int64_t kLongestEpisode = std::int64_t{1} << 24;  // steps, to number all draws

}  // namespace

AgentPolicy::AgentPolicy(std::shared_ptr<const PolicyCheckpoint> agent, const PolicyJob& job,
                         torch::Device device)
    : agent_(std::move(agent)), mode_(job.mode), noise_(job.noise), device_(device) {}

void AgentPolicy::reset(std::int64_t seed, std::int64_t index) {
  seed_ = seed;
  index_ = index;
  step_ = 0;
  // State and previous action: an episode that begins with another's is corrupt from the start.
  state_ = agent_->model.model->rssm().initial(1);
  action_ = torch::zeros({1, agent_->model.model->signature().action.size()}, device_);
}

Tensor AgentPolicy::noise(std::string_view name, torch::IntArrayRef shape) const {
  const RandomStream stream(static_cast<std::uint64_t>(seed_), name);
  return normal_tensor(stream, static_cast<std::uint64_t>(index_ * kLongestEpisode + step_), shape,
                       device_);
}

Tensor AgentPolicy::choose(const Tensor& feature) const {
  const ActorCritic& behavior = *agent_->behavior;
  const TanhNormal policy = behavior.actor->forward(feature);
  const std::int64_t size = agent_->model.model->signature().action.size();
  if (mode_ == ActionMode::deterministic)
    return policy.mode(noise("act-mode", {behavior.config.mode_samples, 1, size}));
  const Tensor sampled = policy.sample(noise("act-sample", {1, size})).action;
  return (sampled + noise_ * noise("act-explore", {1, size})).clamp(-1, 1);
}

std::vector<float> AgentPolicy::act(std::span<const std::uint8_t> image) {
  const torch::InferenceMode no_grad;
  const WorldModel& model = *agent_->model.model;
  const ImageShape shape = image_shape(model.signature());
  if (static_cast<std::int64_t>(image.size()) != shape.size())
    throw error("the environment's images have {} values, the policy takes {}x{}x{}", image.size(),
                shape.height, shape.width, shape.channels);
  const Tensor pixels =
      torch::from_blob(const_cast<std::uint8_t*>(image.data()),  // only read
                       {1, shape.height, shape.width, shape.channels}, torch::kUInt8)
          .to(device_);
  // The mean of the dither, where the model was learned on dithered images.
  const bool dithered = model.config().image_encoding == "dithered";
  const Tensor embedding =
      model.encode(model.preprocess(pixels, dithered ? torch::full({1}, 0.5F, device_) : Tensor()));
  state_ = model.rssm().observe_step(state_, action_, embedding,
                                     noise("act-posterior", {1, model.config().stoch}));
  action_ = choose(state_.feature());
  ++step_;
  const Tensor host = action_.to(torch::kCPU).contiguous();
  return {host.data_ptr<float>(), host.data_ptr<float>() + host.numel()};
}

}  // namespace dreamer
