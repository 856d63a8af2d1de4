#include <cmath>
#include <numbers>

#include "env/tasks/tasks.h"
#include "env/tolerance.h"

namespace dreamer::env {
namespace {

/// Two links of which only the elbow is driven: swing the tip up to the target.
class Acrobot : public Task {
 public:
  explicit Acrobot(Physics& physics)
      : Task(physics),
        shoulder_(physics.joint("shoulder")),
        elbow_(physics.joint("elbow")),
        upper_arm_(physics.body("upper_arm")),
        lower_arm_(physics.body("lower_arm")),
        target_(physics.site("target")),
        tip_(physics.site("tip")) {}

  void begin_episode(RandomState& random) override {
    for (const int joint : {shoulder_, elbow_})
      physics_.qpos(joint) = random.uniform(-std::numbers::pi, std::numbers::pi);
  }

  [[nodiscard]] Observations observe() const override {
    return {{"orientations",
             {physics_.rotation(upper_arm_, Entry::xz), physics_.rotation(lower_arm_, Entry::xz),
              physics_.rotation(upper_arm_, Entry::zz), physics_.rotation(lower_arm_, Entry::zz)}},
            {"velocity", physics_.velocities()}};
  }

  [[nodiscard]] double reward() const override {
    const auto target = physics_.site_position(target_), tip = physics_.site_position(tip_);
    const double x = target[0] - tip[0], y = target[1] - tip[1], z = target[2] - tip[2];
    return tolerance(std::sqrt(x * x + y * y + z * z), {0, physics_.model().site_size[3 * target_]},
                     {.width = 1, .square = Square::scalar});
  }

 private:
  int shoulder_, elbow_, upper_arm_, lower_arm_, target_, tip_;
};

}  // namespace

std::vector<TaskInfo> acrobot_tasks() {
  return {{.name = "acrobot_swingup",
           .description = "swing two links up by their elbow alone",
           .model = "acrobot.xml",
           .make = [](Physics& physics) { return std::make_unique<Acrobot>(physics); }}};
}

}  // namespace dreamer::env
