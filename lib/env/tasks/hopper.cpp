#include <cmath>

#include "env/randomize.h"
#include "env/tasks/tasks.h"
#include "env/tolerance.h"

namespace dreamer::env {
namespace {

enum class Goal { stand, hop };

constexpr Bounds kStandHeight{0.6, 2};
constexpr double kHopSpeed = 2;

/// A planar body on one leg: stand up, or hop forward.
class Hopper : public Task {
 public:
  Hopper(Physics& physics, Goal goal)
      : Task(physics), goal_(goal), torso_(physics.body("torso")), foot_(physics.body("foot")) {}

  void begin_episode(RandomState& random) override { randomize_joints(physics_, random); }

  [[nodiscard]] Observations observe() const override {
    const auto positions = physics_.positions();
    return {{"position", {positions.begin() + 1, positions.end()}},  // wherever it is along x
            {"velocity", physics_.velocities()},
            {"touch",
             {std::log1p(physics_.sensor("touch_toe")[0]),
              std::log1p(physics_.sensor("touch_heel")[0])}}};
  }

  [[nodiscard]] double reward() const override {
    const double* centres = physics_.data().xipos;
    const double standing =
        tolerance(centres[3 * torso_ + 2] - centres[3 * foot_ + 2], kStandHeight);
    if (goal_ == Goal::hop)
      return standing *
             tolerance(physics_.sensor("torso_subtreelinvel")[0], {kHopSpeed, kInfinity},
                       {.width = kHopSpeed / 2, .sigmoid = Sigmoid::linear, .value = 0.5});
    double small_control = 0;
    for (const double control : physics_.controls())
      small_control +=
          tolerance(control, {}, {.width = 1, .sigmoid = Sigmoid::quadratic, .value = 0});
    small_control /= physics_.model().nu;
    return standing * ((small_control + 4) / 5);
  }

 private:
  Goal goal_;
  int torso_, foot_;
};

TaskInfo hopper(std::string name, std::string description, Goal goal) {
  return {.name = std::move(name),
          .description = std::move(description),
          .model = "hopper.xml",
          .substeps = 4,
          .make = [goal](Physics& physics) { return std::make_unique<Hopper>(physics, goal); }};
}

}  // namespace

std::vector<TaskInfo> hopper_tasks() {
  return {hopper("hopper_hop", "hop forward on one leg, in a plane", Goal::hop),
          hopper("hopper_stand", "stand up on one leg, in a plane", Goal::stand)};
}

}  // namespace dreamer::env
