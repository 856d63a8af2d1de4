#include "learner/learner.h"

#include <torch/version.h>

#include "run/commands.h"

namespace dreamer {
namespace {

class LearnerLibrary final : public Learner {
 public:
  void fit_model(const FitModelJob& job) const override { run::fit_model(job); }
  void fit_behavior(const FitBehaviorJob& job) const override { run::fit_behavior(job); }
  void train(const TrainJob& job) const override { run::train(job); }
  [[nodiscard]] Json imagine(const ImagineJob& job) const override { return run::imagine(job); }
  [[nodiscard]] Json evaluate_model(const EvaluateModelJob& job) const override {
    return run::evaluate_model(job);
  }
  [[nodiscard]] PolicyHandle policy(const PolicyJob& job) const override { return run::act(job); }
  [[nodiscard]] std::string libtorch_version() const override { return TORCH_VERSION; }
};

}  // namespace
}  // namespace dreamer

extern "C" __attribute__((visibility("default"))) const dreamer::Learner* dreamer_learner() {
  static const dreamer::LearnerLibrary library;
  return &library;
}
