#include "env/tasks/tasks.h"
#include "env/tolerance.h"

namespace dreamer::env {
namespace {

constexpr double kSpeed = 10;
constexpr int kSettlingSteps = 200;

/// A planar two-legged animal: run forward.
class Cheetah : public Task {
 public:
  using Task::Task;

  void begin_episode(RandomState& random) override {
    const mjModel& model = physics_.model();
    for (int joint = 0; joint < model.njnt; ++joint)
      if (model.jnt_limited[joint])
        physics_.qpos(joint) =
            random.uniform(model.jnt_range[2 * joint], model.jnt_range[2 * joint + 1]);
    // It falls to the ground. The first of these steps still goes by what was derived from the
    // default pose, since nothing has been derived from the drawn one.
    physics_.step(kSettlingSteps);
    physics_.data().time = 0;
  }

  [[nodiscard]] Observations observe() const override {
    const auto positions = physics_.positions();
    return {{"position", {positions.begin() + 1, positions.end()}},  // wherever it is along x
            {"velocity", physics_.velocities()}};
  }

  [[nodiscard]] double reward() const override {
    return tolerance(physics_.sensor("torso_subtreelinvel")[0], {kSpeed, kInfinity},
                     {.width = kSpeed, .sigmoid = Sigmoid::linear, .value = 0});
  }
};

}  // namespace

std::vector<TaskInfo> cheetah_tasks() {
  return {{.name = "cheetah_run",
           .description = "run forward on two legs, in a plane",
           .model = "cheetah.xml",
           .make = [](Physics& physics) { return std::make_unique<Cheetah>(physics); }}};
}

}  // namespace dreamer::env
