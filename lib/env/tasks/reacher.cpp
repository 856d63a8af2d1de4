#include <cmath>
#include <numbers>

#include "env/randomize.h"
#include "env/tasks/tasks.h"
#include "env/tolerance.h"

namespace dreamer::env {
namespace {

/// A planar arm of two links: bring the finger to a target drawn for the episode.
class Reacher : public Task {
 public:
  Reacher(Physics& physics, double target_radius)
      : Task(physics), target_(physics.geom("target")), finger_(physics.geom("finger")) {
    physics.model().geom_size[3 * target_] = target_radius;
  }

  void begin_episode(RandomState& random) override {
    randomize_joints(physics_, random);
    const double angle = random.uniform(0, 2 * std::numbers::pi);
    const double radius = random.uniform(0.05, 0.20);
    double* position = physics_.model().geom_pos + 3 * target_;
    position[0] = radius * std::sin(angle);
    position[1] = radius * std::cos(angle);
  }

  [[nodiscard]] Observations observe() const override {
    const auto [x, y] = to_target();
    return {{"position", physics_.positions()},
            {"to_target", {x, y}},
            {"velocity", physics_.velocities()}};
  }

  [[nodiscard]] double reward() const override {
    const auto [x, y] = to_target();
    const double* size = physics_.model().geom_size;
    return tolerance(std::sqrt(x * x + y * y), {0, size[3 * target_] + size[3 * finger_]});
  }

  [[nodiscard]] std::vector<ModelField> drawn_fields() override {
    return {{"geom_pos_target", {physics_.model().geom_pos + 3 * target_, 3}}};
  }

 private:
  struct Planar {
    double x, y;
  };
  [[nodiscard]] Planar to_target() const {
    const auto target = physics_.geom_position(target_), finger = physics_.geom_position(finger_);
    return {target[0] - finger[0], target[1] - finger[1]};
  }

  int target_, finger_;
};

TaskInfo reacher(std::string name, std::string description, double target_radius) {
  return {.name = std::move(name),
          .description = std::move(description),
          .model = "reacher.xml",
          .make = [target_radius](Physics& physics) {
            return std::make_unique<Reacher>(physics, target_radius);
          }};
}

}  // namespace

std::vector<TaskInfo> reacher_tasks() {
  return {
      reacher("reacher_easy", "touch a large target with the arm's tip", 0.05),
      reacher("reacher_hard", "touch a small target with the arm's tip", 0.015),
  };
}

}  // namespace dreamer::env
