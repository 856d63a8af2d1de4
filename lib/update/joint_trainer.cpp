#include "update/joint_trainer.h"

#include "agent/snapshot.h"

namespace dreamer {

JointTrainer::JointTrainer(std::shared_ptr<WorldModel> model, std::shared_ptr<ActorCritic> behavior,
                           const Config& config, std::int64_t seed, torch::Device device)
    : config_(config),
      model_(model, config, seed, device),
      behavior_(frozen_view(*model), std::move(behavior), seed, device) {}

Json JointTrainer::update(const data::Batch& batch, std::uint64_t update, const StepSink& sink) {
  const auto number = [&](std::int64_t begin) {
    return static_cast<std::uint64_t>(begin) + update;
  };
  const std::uint64_t behavior_update = number(begin_.behavior);
  const ModelStep model = model_.compute(batch, number(begin_.model), ended_);
  // Constants: behavior learning changes neither the states nor the model that they come from.
  const Latent states = model.loss.states.latent.detach();
  const BehaviorStep behavior = behavior_.compute(
      behavior_.choose_starts(states, model.batch.mask, behavior_update), behavior_update, ended_);

  if (sink) sink([&](io::FileWriter& file) { write_step(file, model, behavior); });
  model.check_finite();
  behavior.check_finite();
  Json metrics = {{"model", model_.apply(model)}, {"behavior", behavior_.apply(behavior)}};
  ended_("optimizers");
  return metrics;
}

void JointTrainer::write_step(io::FileWriter& file, const ModelStep& model,
                              const BehaviorStep& behavior) const {
  try {
    model.check_finite();
    behavior_.write_step(file, behavior);
  } catch (const NonFinite&) {
    model_.write_step(file, model);
  }
}

void JointTrainer::write(io::FileWriter& file) {
  behavior_.write(file);
  write_optimizer(file, "model", model_.adam());
}

void JointTrainer::read(const io::FileReader& file) {
  model_.read(file);
  behavior_.read(file);
}

Json JointTrainer::config() const {
  return to_json(config_, {"model", "fit_model", "behavior", "collect", "train"});
}

}  // namespace dreamer
