#pragma once

#include <memory>
#include <optional>

#include "agent/checkpoint.h"
#include "collect/policy.h"
#include "core/random.h"
#include "learner/jobs.h"

namespace dreamer {

/// A learned policy acting in one environment: it keeps the posterior state of the world model up
/// to date with what it sees and does, and acts by the actor at that state. Several share one
/// checkpoint, which they only read.
class AgentPolicy final : public Policy {
 public:
  AgentPolicy(std::shared_ptr<const PolicyCheckpoint> agent, const PolicyJob& job,
              torch::Device device);

  void reset(std::int64_t seed, std::int64_t index) override;
  std::vector<float> act(std::span<const std::uint8_t> image) override;

 private:
  [[nodiscard]] torch::Tensor choose(const torch::Tensor& feature) const;
  /// The random numbers of this step: a function of episode and step alone.
  [[nodiscard]] torch::Tensor noise(std::string_view name, torch::IntArrayRef shape) const;

  std::shared_ptr<const PolicyCheckpoint> agent_;
  ActionMode mode_;
  double noise_;
  torch::Device device_;
  std::int64_t seed_ = 0, index_ = 0, step_ = 0;
  Latent state_;
  torch::Tensor action_;  // [1,A], the last one, as executed
};

}  // namespace dreamer
