#include "agent/agent_policy.h"

#include <iterator>
#include <map>
#include <utility>

#include "agent/tensors.h"
#include "core/error.h"

namespace dreamer {

using torch::Tensor;

namespace {

constexpr std::int64_t kLongestEpisode = std::int64_t{1} << 24;  // steps, to number all draws

/// The observation that `space` describes, among those of one type: [1,…].
template <class T>
Tensor observed(const std::map<std::string, std::vector<T>>& seen, const Space& space,
                torch::Device device) {
  const auto found = seen.find(space.name);
  const auto size = found == seen.end() ? 0 : std::ssize(found->second);
  if (size != space.size())
    throw error("the environment's observation {} has {} values, the policy takes {}", space.name,
                size, shape_text(space.shape));
  std::vector<std::int64_t> shape = space.shape;
  shape.insert(shape.begin(), 1);
  return torch::from_blob(const_cast<T*>(found->second.data()),  // only read
                          shape, c10::CppTypeToScalarType<T>::value)
      .to(device);
}

}  // namespace

std::uint64_t StepNoise::draw() const {
  return static_cast<std::uint64_t>(episode_.index * kLongestEpisode + step_);
}

RandomStream StepNoise::stream(std::string_view name) const {
  return {static_cast<std::uint64_t>(episode_.seed), name};
}

Tensor StepNoise::operator()(std::string_view name, torch::IntArrayRef shape) const {
  return normal_tensor(stream(name), draw(), shape, device_);
}

Tensor StepNoise::uniform(std::string_view name, torch::IntArrayRef shape) const {
  return uniform_tensor(stream(name), draw(), shape, device_);
}

LatentFilter::LatentFilter(std::shared_ptr<WorldModel> model, torch::Device device)
    : model_(std::move(model)), device_(device) {}

void LatentFilter::begin() {
  // State and previous action: an episode that begins with another's is corrupt from the start.
  state_ = model_->rssm().initial(1);
  action_ = torch::zeros({1, model_->signature().action.size()}, device_);
}

const Latent& LatentFilter::observe(const Step& seen, const StepNoise& noise) {
  Observations observations;
  for (const Space& space : model_->signature().observations)
    observations[space.name] = space.kind == SpaceKind::image
                                   ? observed(seen.images, space, device_)
                                   : observed(seen.vectors, space, device_);
  const Tensor embedding = model_->encode(model_->preprocess(observations, model_->mean_dither()));
  state_ = model_->rssm().observe_step(state_, action_, embedding,
                                       noise("act-posterior", {1, model_->config().stoch}));
  return state_;
}

namespace {

ActionChoice continuous_choice(std::shared_ptr<const ActorCritic> behavior, const Acting& acting) {
  if (acting.mode == ActionMode::deterministic)
    return [behavior = std::move(behavior)](const Tensor& feature, const StepNoise& noise) {
      const ActionDistribution policy = behavior->actor->forward(feature);
      const std::int64_t size = policy.continuous().base.mean.size(-1);
      return policy.mode(noise("act-mode", {behavior->config.mode_samples, 1, size}));
    };
  return [behavior = std::move(behavior), scale = acting.noise](const Tensor& feature,
                                                                const StepNoise& noise) {
    const ActionDistribution policy = behavior->actor->forward(feature);
    const std::int64_t size = policy.continuous().base.mean.size(-1);
    const Tensor sampled = policy.sample(noise("act-sample", {1, size}));
    return (sampled + scale * noise("act-explore", {1, size})).clamp(-1, 1);
  };
}

ActionChoice discrete_choice(std::shared_ptr<const ActorCritic> behavior, const Acting& acting) {
  if (acting.mode == ActionMode::deterministic)
    return [behavior = std::move(behavior)](const Tensor& feature, const StepNoise&) {
      return behavior->actor->forward(feature).mode({});
    };
  return [behavior = std::move(behavior), epsilon = acting.epsilon](const Tensor& feature,
                                                                    const StepNoise& noise) {
    OneHot policy = behavior->actor->forward(feature).discrete();
    if (scalar(noise.uniform("act-explore", {1})) < epsilon)
      policy.logits = torch::zeros_like(policy.logits);  // any action
    return policy.sample(noise.uniform("act-sample", policy.logits.sizes()));
  };
}

}  // namespace

ActionChoice actor_choice(std::shared_ptr<const ActorCritic> behavior, const Acting& acting) {
  return behavior->actor->discrete() ? discrete_choice(std::move(behavior), acting)
                                     : continuous_choice(std::move(behavior), acting);
}

AgentPolicy::AgentPolicy(const PolicyCheckpoint& agent, const Acting& acting, torch::Device device)
    : device_(device),
      filter_(agent.model.model, device),
      choose_(actor_choice(agent.behavior, acting)),
      noise_({}, device) {}

void AgentPolicy::begin(EpisodeId id) {
  noise_ = StepNoise(id, device_);
  filter_.begin();
}

std::vector<float> AgentPolicy::act(const Step& seen) {
  const torch::InferenceMode no_grad;
  const Tensor action = choose_(filter_.observe(seen, noise_).feature(), noise_);
  filter_.acted(action);
  noise_.next_step();
  const Tensor host = action.to(torch::kCPU).contiguous();
  return {host.data_ptr<float>(), host.data_ptr<float>() + host.numel()};
}

}  // namespace dreamer
