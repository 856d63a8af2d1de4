#pragma once

#include "collect/policy.h"
#include "core/json.h"
#include "learner/jobs.h"

namespace dreamer {

/// The stages of the loop that need LibTorch, behind an interface that does not: the programs link
/// `dreamer` alone and call `learner()`, which opens the companion library `dreamer_learn` (0.3 s)
/// when it is first needed.
class Learner {
 public:
  virtual ~Learner() = default;

  virtual void fit_model(const FitModelJob& job) const = 0;
  virtual void fit_behavior(const FitBehaviorJob& job) const = 0;
  virtual void train(const TrainJob& job) const = 0;
  /// Writes the dream file; what it holds, as the line that dr-imagine prints.
  [[nodiscard]] virtual Json imagine(const ImagineJob& job) const = 0;
  /// Prediction quality by horizon, as the summary that dr-eval prints.
  [[nodiscard]] virtual Json evaluate_model(const EvaluateModelJob& job) const = 0;
  /// Loads a policy checkpoint once; the policies it makes share it.
  [[nodiscard]] virtual PolicyHandle policy(const PolicyJob& job) const = 0;
  [[nodiscard]] virtual std::string libtorch_version() const = 0;
};

/// The learning library; opened at the first call.
/// @throws Error if it or LibTorch cannot be opened, with the loader's reason.
[[nodiscard]] const Learner& learner();

}  // namespace dreamer
