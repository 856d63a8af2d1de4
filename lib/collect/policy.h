#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/step.h"

namespace dreamer {

/// What acts in one environment. One object an environment, used by its thread alone, so that an
/// episode is the same whatever other environments run beside it.
class Policy {
 public:
  virtual ~Policy() = default;

  /// A new episode begins: forget everything. Its id decides the random draws of this policy in it.
  virtual void begin(EpisodeId id) = 0;

  /// The next action [A], in [-1,1], after `seen`: the reset or the last step.
  virtual std::vector<float> act(const Step& seen) = 0;
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
