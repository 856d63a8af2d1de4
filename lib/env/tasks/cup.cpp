#include <cmath>

#include "env/tasks/tasks.h"

namespace dreamer::env {
namespace {

/// A ball on a string under a cup: swing it in.
class Cup : public Task {
 public:
  explicit Cup(Physics& physics)
      : Task(physics),
        ball_x_(physics.joint("ball_x")),
        ball_z_(physics.joint("ball_z")),
        ball_body_(physics.body("ball")),
        ball_geom_(physics.geom("ball")),
        target_(physics.site("target")) {}

  void begin_episode(RandomState& random) override {
    do {
      physics_.qpos(ball_x_) = random.uniform(-0.2, 0.2);
      physics_.qpos(ball_z_) = random.uniform(0.2, 0.5);
      physics_.forward();
    } while (physics_.in_contact());
  }

  [[nodiscard]] Observations observe() const override {
    return {{"position", physics_.positions()}, {"velocity", physics_.velocities()}};
  }

  [[nodiscard]] double reward() const override {
    const auto target = physics_.site_position(target_), ball = physics_.body_position(ball_body_);
    const double* size = physics_.model().site_size + 3 * target_;
    const double radius = physics_.model().geom_size[3 * ball_geom_];
    const auto inside = [&](std::size_t axis) {
      return std::abs(target[axis] - ball[axis]) < size[axis] - radius;
    };
    return inside(0) && inside(2) ? 1 : 0;
  }

 private:
  int ball_x_, ball_z_, ball_body_, ball_geom_, target_;
};

}  // namespace

std::vector<TaskInfo> cup_tasks() {
  return {{.name = "cup_catch",
           .description = "swing a ball on a string into the cup",
           .model = "ball_in_cup.xml",
           .substeps = 10,
           .make = [](Physics& physics) { return std::make_unique<Cup>(physics); }}};
}

}  // namespace dreamer::env
