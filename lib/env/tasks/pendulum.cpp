#include <cmath>
#include <numbers>

#include "env/tasks/tasks.h"
#include "env/tolerance.h"

namespace dreamer::env {
namespace {

constexpr double kUprightDegrees = 8;

/// A pendulum whose motor is too weak to lift it at once: swing it up and hold it.
class Pendulum : public Task {
 public:
  explicit Pendulum(Physics& physics)
      : Task(physics), hinge_(physics.joint("hinge")), pole_(physics.body("pole")) {}

  void begin_episode(RandomState& random) override {
    physics_.qpos(hinge_) = random.uniform(-std::numbers::pi, std::numbers::pi);
  }

  [[nodiscard]] Observations observe() const override {
    return {
        {"orientation", {physics_.rotation(pole_, Entry::zz), physics_.rotation(pole_, Entry::xz)}},
        {"velocity", physics_.velocities()}};
  }

  [[nodiscard]] double reward() const override {
    return tolerance(physics_.rotation(pole_, Entry::zz),
                     {std::cos(kUprightDegrees * (std::numbers::pi / 180)), 1});
  }

 private:
  int hinge_, pole_;
};

}  // namespace

std::vector<TaskInfo> pendulum_tasks() {
  return {{.name = "pendulum_swingup",
           .description = "swing a pendulum up with a weak motor",
           .model = "pendulum.xml",
           .make = [](Physics& physics) { return std::make_unique<Pendulum>(physics); }}};
}

}  // namespace dreamer::env
