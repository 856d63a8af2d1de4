#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dreamer {

/// What acts in one environment. One object an environment, used by its thread alone, so that an
/// episode is the same whatever other environments run beside it.
class Policy {
 public:
  virtual ~Policy() = default;

  /// A new episode begins: forget everything. `seed` and `index` name the episode and with it the
  /// random draws of this policy in it.
  virtual void reset(std::int64_t seed, std::int64_t index) = 0;

  /// The next action [A] in [-1,1] after seeing `image` [H,W,C] (the reset's or the last step's).
  virtual std::vector<float> act(std::span<const std::uint8_t> image) = 0;
};

/// Makes the policy of a further environment.
using PolicyFactory = std::function<std::unique_ptr<Policy>()>;

/// What acts in a task.
struct PolicyHandle {
  PolicyFactory make;  // policies of further environments; empty: random actions
  std::string id;      // provenance id of the checkpoint; empty: random
};

/// Says what acts in the next episode: the same object as long as there is nothing newer, null once
/// a signal asked to stop. Safe to call from several threads.
using PolicyProvider = std::function<std::shared_ptr<const PolicyHandle>()>;

}  // namespace dreamer
