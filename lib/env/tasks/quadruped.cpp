#include <cmath>

#include "core/error.h"
#include "env/tasks/tasks.h"
#include "env/tolerance.h"

namespace dreamer::env {
namespace {

constexpr double kWalkSpeed = 0.5, kRunSpeed = 5;
constexpr double kEpisodeSeconds = 20;
constexpr int kAttempts = 10000;
constexpr int kCamera = 2;  // follows the torso

/// A four-legged animal: move forward at a given speed.
class Quadruped : public Task {
 public:
  Quadruped(Physics& physics, double speed)
      : Task(physics),
        speed_(speed),
        torso_(physics.body("torso")),
        root_(physics.model().jnt_qposadr[physics.joint("root")]) {
    const mjModel& model = physics.model();
    for (int joint = 0; joint < model.njnt; ++joint)
      if (model.jnt_type[joint] == mjJNT_HINGE) hinges_.push_back(joint);
  }

  /// Draws an orientation and lifts the body out of the floor until nothing touches.
  void begin_episode(RandomState& random) override {
    std::array<double, 4> orientation{};
    double squares = 0;
    for (double& q : orientation) {
      q = random.normal();
      squares += q * q;
    }
    for (double& q : orientation) q /= std::sqrt(squares);
    double height = 0;
    for (int attempt = 0; attempt <= kAttempts; ++attempt, height += 0.01) {
      if (try_pose(height, orientation)) return;
    }
    throw error("no pose without contacts in {} attempts", kAttempts);
  }

  [[nodiscard]] Observations observe() const override {
    std::vector<double> state;
    for (const int hinge : hinges_) state.push_back(physics_.qpos(hinge));
    for (const int hinge : hinges_) state.push_back(physics_.qvel(hinge));
    const mjData& data = physics_.data();
    state.insert(state.end(), data.act, data.act + physics_.model().na);
    auto forces = sensors(mjSENS_FORCE, mjSENS_TORQUE);
    for (double& force : forces) force = std::asinh(force);
    const auto velocity = physics_.sensor("velocimeter");
    return {{"egocentric_state", state},
            {"torso_velocity", {velocity.begin(), velocity.end()}},
            {"torso_upright", {physics_.rotation(torso_, Entry::zz)}},
            {"imu", sensors(mjSENS_GYRO, mjSENS_ACCELEROMETER)},
            {"force_torque", forces}};
  }

  [[nodiscard]] double reward() const override {
    const double upright = tolerance(physics_.rotation(torso_, Entry::zz), {1, kInfinity},
                                     {.width = 2, .sigmoid = Sigmoid::linear, .value = 0});
    return upright * tolerance(physics_.sensor("velocimeter")[0], {speed_, kInfinity},
                               {.width = speed_, .sigmoid = Sigmoid::linear, .value = 0.5});
  }

 private:
  bool try_pose(double height, const std::array<double, 4>& orientation) {
    physics_.reset();
    double* root = physics_.data().qpos + root_;
    root[0] = root[1] = 0;
    root[2] = height;
    std::copy(orientation.begin(), orientation.end(), root + 3);
    try {
      physics_.forward();
    } catch (const Error&) {
      // Deep in the floor there may be more contacts than there is room for.
    }
    return !physics_.in_contact();
  }

  /// What all sensors of two types read, in the model's order.
  [[nodiscard]] std::vector<double> sensors(mjtSensor one, mjtSensor other) const {
    const mjModel& model = physics_.model();
    std::vector<double> values;
    for (int i = 0; i < model.nsensor; ++i)
      if (model.sensor_type[i] == one || model.sensor_type[i] == other) {
        const double* first = physics_.data().sensordata + model.sensor_adr[i];
        values.insert(values.end(), first, first + model.sensor_dim[i]);
      }
    return values;
  }

  double speed_;
  int torso_, root_;
  std::vector<int> hinges_;
};

/// The model serves other tasks too: what they need is taken out, and the floor made as large as
/// the animal can go.
void keep_only_the_animal(mjSpec& spec, double floor_size) {
  const auto remove = [&](mjsElement* element, const char* name) {
    if (element == nullptr || mjs_delete(&spec, element) != 0)
      throw error("quadruped.xml: cannot take out {}", name);
  };
  for (const char* geom : {"wall_px", "wall_py", "wall_nx", "wall_ny", "terrain"})
    remove(mjs_findElement(&spec, mjOBJ_GEOM, geom), geom);
  remove(mjs_findElement(&spec, mjOBJ_BODY, "ball"), "ball");
  remove(mjs_findElement(&spec, mjOBJ_SITE, "target"), "target");

  std::vector<mjsElement*> rangefinders;
  for (auto* element = mjs_firstElement(&spec, mjOBJ_SENSOR); element != nullptr;
       element = mjs_nextElement(&spec, element))
    if (mjs_asSensor(element)->type == mjSENS_RANGEFINDER) rangefinders.push_back(element);
  for (auto* rangefinder : rangefinders) remove(rangefinder, "a rangefinder");

  double* size = mjs_asGeom(mjs_findElement(&spec, mjOBJ_GEOM, "floor"))->size;
  size[0] = size[1] = floor_size;
  size[2] = 0.5;
}

TaskInfo quadruped(std::string name, std::string description, double speed) {
  return {.name = std::move(name),
          .description = std::move(description),
          .model = "quadruped.xml",
          .substeps = 4,
          .make = [speed](Physics& physics) { return std::make_unique<Quadruped>(physics, speed); },
          .camera = kCamera,
          .edit = [speed](mjSpec& spec) { keep_only_the_animal(spec, kEpisodeSeconds * speed); }};
}

}  // namespace

std::vector<TaskInfo> quadruped_tasks() {
  return {quadruped("quadruped_run", "run forward on four legs", kRunSpeed),
          quadruped("quadruped_walk", "walk forward on four legs", kWalkSpeed)};
}

}  // namespace dreamer::env
