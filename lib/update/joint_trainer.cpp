#include "update/joint_trainer.h"

#include "agent/snapshot.h"

namespace dreamer {
namespace {

class JointUpdate final : public Update {
 public:
  JointUpdate(std::unique_ptr<ModelUpdate> model, std::unique_ptr<BehaviorUpdate> behavior,
              const PhaseEnds& ended)
      : model_(std::move(model)), behavior_(std::move(behavior)), ended_(ended) {}

  [[nodiscard]] std::string nonfinite() const override {
    if (std::string what = model_->nonfinite(); !what.empty()) return what;
    return behavior_->nonfinite();
  }
  /// The one of the two that is not finite, or else the behavior's.
  void write(io::FileWriter& file) const override {
    model_->nonfinite().empty() ? behavior_->write(file) : model_->write(file);
  }
  Json apply() override {
    Json metrics = {{"model", model_->apply()}, {"behavior", behavior_->apply()}};
    ended_("optimizers");
    return metrics;
  }

 private:
  std::unique_ptr<ModelUpdate> model_;
  std::unique_ptr<BehaviorUpdate> behavior_;
  const PhaseEnds& ended_;
};

}  // namespace

JointTrainer::JointTrainer(const std::shared_ptr<WorldModel>& model,
                           std::shared_ptr<ActorCritic> behavior, const Config& config,
                           std::int64_t seed, torch::Device device)
    : config_(config),
      model_(model, config, seed, device),
      behavior_(frozen_view(*model), std::move(behavior), seed, device) {}

std::unique_ptr<Update> JointTrainer::compute(const data::Batch& batch, std::uint64_t update) {
  const auto number = [&](std::int64_t begin) {
    return static_cast<std::uint64_t>(begin) + update;
  };
  const std::uint64_t behavior_update = number(begin_.behavior);
  auto model = model_.compute_model(batch, number(begin_.model), ended_);
  // Constants: behavior learning changes neither the states nor the model that they come from.
  const Latent states = model->loss.states.latent.detach();
  auto behavior = behavior_.compute_from(
      behavior_.choose_starts(states, model->batch.mask, behavior_update), behavior_update, ended_);
  return std::make_unique<JointUpdate>(std::move(model), std::move(behavior), ended_);
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
