#include "env/randomize.h"
#include "env/tasks/tasks.h"
#include "env/tolerance.h"

namespace dreamer::env {
namespace {

constexpr double kStandHeight = 1.2;
constexpr double kWalkSpeed = 1, kRunSpeed = 8;

/// A planar two-legged body: stand up, walk or run.
class Walker : public Task {
 public:
  /// @param speed forward; 0: only stand
  Walker(Physics& physics, double speed)
      : Task(physics), speed_(speed), torso_(physics.body("torso")) {}

  void begin_episode(RandomState& random) override { randomize_joints(physics_, random); }

  [[nodiscard]] Observations observe() const override {
    std::vector<double> orientations;
    for (int body = 1; body < physics_.model().nbody; ++body)
      for (const Entry entry : {Entry::xx, Entry::xz})
        orientations.push_back(physics_.rotation(body, entry));
    return {{"orientations", orientations},
            {"height", {height()}},
            {"velocity", physics_.velocities()}};
  }

  [[nodiscard]] double reward() const override {
    const double standing = tolerance(height(), {kStandHeight, kInfinity},
                                      {.width = kStandHeight / 2, .square = Square::scalar});
    const double upright = (1 + physics_.rotation(torso_, Entry::zz)) / 2;
    const double stand = (3 * standing + upright) / 4;
    if (speed_ == 0) return stand;
    const double move = tolerance(physics_.sensor("torso_subtreelinvel")[0], {speed_, kInfinity},
                                  {.width = speed_ / 2, .sigmoid = Sigmoid::linear, .value = 0.5});
    return stand * (5 * move + 1) / 6;
  }

 private:
  [[nodiscard]] double height() const { return physics_.body_position(torso_)[2]; }

  double speed_;
  int torso_;
};

TaskInfo walker(std::string name, std::string description, double speed) {
  return {.name = std::move(name),
          .description = std::move(description),
          .model = "walker.xml",
          .substeps = 10,
          .make = [speed](Physics& physics) { return std::make_unique<Walker>(physics, speed); }};
}

}  // namespace

std::vector<TaskInfo> walker_tasks() {
  return {walker("walker_run", "run forward on two legs, in a plane", kRunSpeed),
          walker("walker_stand", "stand up on two legs, in a plane", 0),
          walker("walker_walk", "walk forward on two legs, in a plane", kWalkSpeed)};
}

}  // namespace dreamer::env
