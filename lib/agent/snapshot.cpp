#include "agent/snapshot.h"

#include "agent/tensors.h"
#include "core/hash.h"

namespace dreamer {

using torch::Tensor;

namespace {

/// Calls `visit(ours, theirs)` for every parameter and buffer of two modules of one structure.
template <class Visit>
void for_each_pair(torch::nn::Module& ours, const torch::nn::Module& theirs, Visit visit) {
  const auto pairs = [&](std::vector<Tensor> a, const std::vector<Tensor>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) visit(a[i], b[i]);
  };
  pairs(ours.parameters(), theirs.parameters());
  pairs(ours.buffers(), theirs.buffers());
}

std::shared_ptr<WorldModel> same_structure(const WorldModel& model) {
  auto other = std::make_shared<WorldModel>(model.config(), model.signature());
  other->to(model.parameters().front().device());
  for (Tensor& p : other->parameters()) p.set_requires_grad(false);
  return other;
}

}  // namespace

std::shared_ptr<WorldModel> frozen_view(const WorldModel& model) {
  auto view = same_structure(model);
  for_each_pair(*view, model, [](Tensor& a, const Tensor& b) { a.set_data(b.detach()); });
  return view;
}

PolicySnapshot::PolicySnapshot(const WorldModel& model, const ActorCritic& behavior)
    : policy_(std::make_shared<PolicyCheckpoint>()) {
  policy_->model.model = same_structure(model);
  policy_->behavior = std::make_shared<ActorCritic>(behavior.config, model.config().feature(),
                                                    model.signature().action);
  policy_->behavior->to(model.parameters().front().device());
  refresh(model, behavior);
}

void PolicySnapshot::refresh(const WorldModel& model, const ActorCritic& behavior) {
  copy_module(model, *policy_->model.model);
  copy_module(behavior, *policy_->behavior);
}

std::string PolicySnapshot::digest() const {
  std::uint64_t hash = kHashStart;
  const auto add = [&](const std::vector<Tensor>& tensors) {
    for (const Tensor& tensor : tensors) {
      const Tensor host = tensor.detach().to(torch::kCPU).contiguous();
      hash = hash_bytes(hash, std::as_bytes(std::span(host.data_ptr<float>(),
                                                      static_cast<std::size_t>(host.numel()))));
    }
  };
  add(policy_->model.model->parameters());
  add(policy_->model.model->buffers());
  add(policy_->behavior->actor->parameters());
  return fmt::format("{:016x}", hash);
}

void PolicySnapshot::write(io::FileWriter& file) const {
  write_module(file, "/acting/model", *policy_->model.model);
  write_module(file, "/acting/actor", *policy_->behavior->actor);
  write_module(file, "/acting/value", *policy_->behavior->value);
}

void PolicySnapshot::read(const io::FileReader& file) {
  read_module(file, "/acting/model", *policy_->model.model);
  read_module(file, "/acting/actor", *policy_->behavior->actor);
  read_module(file, "/acting/value", *policy_->behavior->value);
}

}  // namespace dreamer
