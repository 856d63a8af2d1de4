#include "env/control_environment.h"

#include <algorithm>
#include <limits>

#include "core/error.h"

namespace dreamer::env {
namespace {

std::uint32_t checked_seed(std::int64_t seed) {
  if (seed < 0 || seed > std::numeric_limits<std::uint32_t>::max())
    throw usage_error("seed {} is not in 0 … 4294967295", seed);
  return static_cast<std::uint32_t>(seed);
}

EnvironmentOptions checked(EnvironmentOptions options) {
  if (options.time_limit == 0) options.time_limit = kControlSteps;
  if (options.action_repeat < 1 || options.action_repeat > kControlSteps)
    throw usage_error("an action can be repeated 1 … {} times, not {}", kControlSteps,
                      options.action_repeat);
  if (options.time_limit < 1 || options.time_limit > kControlSteps)
    throw usage_error("an episode can last 1 … {} control steps, not {}", kControlSteps,
                      options.time_limit);
  if (options.render != RenderQuality::none &&
      (options.height < 1 || options.width < 1 || options.height > 4096 || options.width > 4096))
    throw usage_error("images can have 1 … 4096 pixels a side, not {} by {}", options.height,
                      options.width);
  return options;
}

void assign(const Simulator::Fields& values,
            const std::map<std::string, std::span<double>>& fields) {
  for (const auto& [name, value] : values) {
    const auto field = fields.find(name);
    if (field == fields.end()) throw error("the physics of this task has no field {}", name);
    if (field->second.size() != value.size())
      throw error("physics field {} has {} values in this task, not {}", name, field->second.size(),
                  value.size());
    std::ranges::copy(value, field->second.begin());
  }
}

}  // namespace

ControlEnvironment::ControlEnvironment(const std::string& task, const EnvironmentOptions& options)
    : info_(find_task(task)),
      options_(checked(options)),
      physics_(info_.model, info_.edit),
      task_(info_.make(physics_)),
      camera_(options.camera.empty()
                  ? info_.camera
                  : with_context(info_.name, [&] { return physics_.camera(options.camera); })),
      signature_(make_signature()) {}

void ControlEnvironment::seed(std::int64_t seed) {
  random_ = RandomState(checked_seed(seed));
  episode_ = {.seed = seed, .index = -1};
}

Step ControlEnvironment::begin(EpisodeId id) {
  control_steps_ = kControlSteps;  // over, unless it begins
  if (id.seed != episode_.seed || id.index <= episode_.index || episode_.index < 0) seed(id.seed);
  while (episode_.index + 1 < id.index) try {
      begin_next_episode();
    } catch (const Breakdown&) {  // its draws are made, which is all that counts here
    }
  begin_next_episode();
  control_steps_ = 0;
  return observe(0);
}

void ControlEnvironment::begin_next_episode() {
  ++episode_.index;
  const auto where =
      fmt::format("{}, seed {}, episode {}", info_.name, episode_.seed, episode_.index);
  try {
    physics_.reset();
    task_->begin_episode(random_);
    physics_.forward();
  } catch (const Breakdown& e) {
    throw Breakdown(e.within(where).what());
  } catch (const Error& e) {
    throw e.within(where);
  }
}

Step ControlEnvironment::step(std::span<const float> action) {
  if (control_steps_ >= options_.time_limit)
    throw error("{}: step after the end of an episode; begin one first", info_.name);
  apply(action);
  double reward = 0;
  for (std::int64_t i = 0; i < options_.action_repeat && control_steps_ < options_.time_limit;
       ++i) {
    physics_.step(info_.substeps);
    reward += task_->reward();
    ++control_steps_;
  }
  return observe(reward);
}

void ControlEnvironment::apply(std::span<const float> action) {
  const mjModel& model = physics_.model();
  if (static_cast<std::int64_t>(action.size()) != model.nu)
    throw error("{} takes actions of {} values, not {}", info_.name, model.nu, action.size());
  for (std::size_t i = 0; i < action.size(); ++i) {
    if (!(action[i] >= -1.0F && action[i] <= 1.0F))
      throw error("{}: action {} is {}, not in [-1,1]", info_.name, i, action[i]);
    const double low = model.actuator_ctrlrange[2 * i], high = model.actuator_ctrlrange[2 * i + 1];
    physics_.data().ctrl[i] = (static_cast<double>(action[i]) + 1) / 2 * (high - low) + low;
  }
}

Step ControlEnvironment::observe(double reward) {
  Step step{.reward = static_cast<float>(reward), .last = control_steps_ >= options_.time_limit};
  if (options_.render != RenderQuality::none) {
    if (!renderer_)
      renderer_ = std::make_unique<Renderer>(physics_, camera_, options_.height, options_.width,
                                             options_.render);
    step.images["image"] = renderer_->render();
  }
  for (const auto& [name, values] : task_->observe())
    step.vectors[name].assign(values.begin(), values.end());
  return step;
}

Signature ControlEnvironment::make_signature() const {
  constexpr std::int64_t kChannels = 3;
  Signature signature;
  signature.task = info_.name;
  if (options_.render != RenderQuality::none)
    signature.observations.push_back(image_space({options_.height, options_.width, kChannels}));
  for (const auto& [name, values] : task_->observe())
    signature.observations.push_back(
        {.name = name, .shape = {static_cast<std::int64_t>(values.size())}});
  const mjModel& model = physics_.model();
  signature.action.shape = {model.nu};
  for (int i = 0; i < model.nu; ++i) {
    signature.action.low.push_back(static_cast<float>(model.actuator_ctrlrange[2 * i]));
    signature.action.high.push_back(static_cast<float>(model.actuator_ctrlrange[2 * i + 1]));
  }
  signature.frames_per_step = options_.action_repeat;
  signature.protocol = {{"action_repeat", options_.action_repeat},
                        {"time_limit", options_.time_limit}};
  return signature;
}

std::map<std::string, std::span<double>> ControlEnvironment::state_fields() const {
  const mjModel& model = physics_.model();
  mjData& data = physics_.data();
  const auto span = [](double* first, auto size) {
    return std::span<double>(first, static_cast<std::size_t>(size));
  };
  std::map<std::string, std::span<double>> fields = {
      {"qpos", span(data.qpos, model.nq)},
      {"qvel", span(data.qvel, model.nv)},
      {"qacc_warmstart", span(data.qacc_warmstart, model.nv)},
      {"time", span(&data.time, 1)}};
  if (model.na > 0) fields.emplace("act", span(data.act, model.na));
  return fields;
}

Simulator::Fields ControlEnvironment::state() const {
  Fields state;
  for (const auto& [name, values] : state_fields())
    state.emplace(name, std::vector<double>(values.begin(), values.end()));
  return state;
}

Simulator::Fields ControlEnvironment::model_changes() const {
  Fields changes;
  for (const auto& field : task_->drawn_fields())
    changes.emplace(field.name, std::vector<double>(field.values.begin(), field.values.end()));
  return changes;
}

Simulator::Fields ControlEnvironment::separate_fields(const Fields& state) const {
  const auto whole = state.find("state");
  if (whole == state.end()) return state;
  const mjModel& model = physics_.model();
  const std::vector<double>& values = whole->second;
  if (std::ssize(values) != model.nq + model.nv + model.na)
    throw error("a state of {} values, {} has {} (qpos {}, qvel {}, act {})", values.size(),
                signature_.task, model.nq + model.nv + model.na, model.nq, model.nv, model.na);
  Fields separate = state;
  separate.erase("state");
  const auto velocities = values.begin() + model.nq, activations = velocities + model.nv;
  separate["qpos"].assign(values.begin(), velocities);
  separate["qvel"].assign(velocities, activations);
  if (model.na > 0) separate["act"].assign(activations, values.end());
  return separate;
}

Step ControlEnvironment::restore(const Fields& state, const Fields& model_changes) {
  std::map<std::string, std::span<double>> drawn;
  for (const auto& field : task_->drawn_fields()) drawn.emplace(field.name, field.values);
  assign(model_changes, drawn);
  assign(separate_fields(state), state_fields());
  physics_.forward();
  // The solver overwrites its own warm start.
  if (const auto warm = state.find("qacc_warmstart"); warm != state.end())
    std::ranges::copy(warm->second, physics_.data().qacc_warmstart);
  return observe(0);
}

}  // namespace dreamer::env
