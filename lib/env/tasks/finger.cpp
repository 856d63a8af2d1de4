#include <cmath>
#include <numbers>

#include "core/error.h"
#include "env/randomize.h"
#include "env/tasks/tasks.h"

namespace dreamer::env {
namespace {

constexpr double kSpinVelocity = 15;
constexpr int kAttempts = 1000;

struct Planar {  // x and z
  double x, z;
};

/// A finger of two links beside a body on a hinge.
class Finger : public Task {
 public:
  using Task::Task;

  [[nodiscard]] Observations observe() const override {
    const Planar tip = relative("tip");
    return {
        {"position", {read("proximal"), read("distal"), tip.x, tip.z}},
        {"velocity", {read("proximal_velocity"), read("distal_velocity"), read("hinge_velocity")}},
        {"touch", {std::log1p(read("touchtop")), std::log1p(read("touchbottom"))}}};
  }

 protected:
  [[nodiscard]] double read(const char* sensor) const { return physics_.sensor(sensor)[0]; }

  /// Where a sensor's point is, seen from the spinning body.
  [[nodiscard]] Planar relative(const char* sensor) const {
    const auto point = physics_.sensor(sensor), spinner = physics_.sensor("spinner");
    return {point[0] - spinner[0], point[2] - spinner[2]};
  }

  /// Draws joint angles until nothing touches.
  void draw_joints(RandomState& random) {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      randomize_joints(physics_, random);
      physics_.forward();
      if (!physics_.in_contact()) return;
    }
    throw error("no pose without contacts in {} attempts", kAttempts);
  }
};

/// Keep the body spinning.
class Spin : public Finger {
 public:
  using Finger::Finger;

  void begin_episode(RandomState& random) override {
    mjModel& model = physics_.model();
    for (const char* site : {"target", "tip"}) model.site_rgba[4 * physics_.site(site) + 3] = 0;
    model.dof_damping[model.jnt_dofadr[physics_.joint("hinge")]] = 0.03;
    draw_joints(random);
  }

  [[nodiscard]] double reward() const override {
    return read("hinge_velocity") <= -kSpinVelocity ? 1 : 0;
  }
};

/// Turn the body until its tip is at the target.
class Turn : public Finger {
 public:
  Turn(Physics& physics, double target_radius)
      : Finger(physics), target_(physics.site("target")), target_radius_(target_radius) {}

  void begin_episode(RandomState& random) override {
    mjModel& model = physics_.model();
    const double angle = random.uniform(-std::numbers::pi, std::numbers::pi);
    const double* hinge = physics_.data().xanchor + 3 * physics_.joint("hinge");
    const double* cap = model.geom_size + 3 * physics_.geom("cap1");
    const double radius = cap[0] + cap[1] + cap[2];
    model.site_pos[3 * target_] = hinge[0] + radius * std::sin(angle);
    model.site_pos[3 * target_ + 2] = hinge[2] + radius * std::cos(angle);
    model.site_size[3 * target_] = target_radius_;
    draw_joints(random);
  }

  [[nodiscard]] Observations observe() const override {
    Observations all = Finger::observe();
    const Planar target = relative("target");
    all["target_position"] = {target.x, target.z};
    all["dist_to_target"] = {distance()};
    return all;
  }

  [[nodiscard]] double reward() const override { return distance() <= 0 ? 1 : 0; }

  [[nodiscard]] std::vector<ModelField> drawn_fields() override {
    return {{"site_pos_target", {physics_.model().site_pos + 3 * target_, 3}}};
  }

 private:
  /// From the tip to the target's surface; negative inside.
  [[nodiscard]] double distance() const {
    const Planar target = relative("target"), tip = relative("tip");
    const double x = target.x - tip.x, z = target.z - tip.z;
    return std::sqrt(x * x + z * z) - physics_.model().site_size[3 * target_];
  }

  int target_;
  double target_radius_;
};

TaskInfo turn(std::string name, std::string description, double target_radius) {
  return {.name = std::move(name),
          .description = std::move(description),
          .model = "finger.xml",
          .substeps = 2,
          .make = [target_radius](Physics& physics) {
            return std::make_unique<Turn>(physics, target_radius);
          }};
}

}  // namespace

std::vector<TaskInfo> finger_tasks() {
  return {{.name = "finger_spin",
           .description = "keep a body spinning with a finger",
           .model = "finger.xml",
           .substeps = 2,
           .make = [](Physics& physics) { return std::make_unique<Spin>(physics); }},
          turn("finger_turn_easy", "turn a body until its tip is in a large target", 0.07),
          turn("finger_turn_hard", "turn a body until its tip is in a small target", 0.03)};
}

}  // namespace dreamer::env
