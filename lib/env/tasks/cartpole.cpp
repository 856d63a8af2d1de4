#include <numbers>

#include "env/tasks/tasks.h"
#include "env/tolerance.h"

namespace dreamer::env {
namespace {

enum class Start { upright, hanging };
enum class Reward { dense, sparse };

constexpr Bounds kCentre{-0.25, 0.25};
constexpr Bounds kUprightCosine{0.995, 1};

/// A pole on a cart that is pushed along a rail: keep it upright, or swing it up first.
class Cartpole : public Task {
 public:
  Cartpole(Physics& physics, Start start, Reward reward)
      : Task(physics),
        start_(start),
        reward_(reward),
        slider_(physics.joint("slider")),
        hinge_(physics.joint("hinge_1")),
        pole_(physics.body("pole_1")) {}

  void begin_episode(RandomState& random) override {
    if (start_ == Start::hanging) {
      physics_.qpos(slider_) = 0.01 * random.normal();
      physics_.qpos(hinge_) = std::numbers::pi + 0.01 * random.normal();
    } else {
      physics_.qpos(slider_) = random.uniform(-0.1, 0.1);
      physics_.qpos(hinge_) = random.uniform(-0.034, 0.034);
    }
    for (int dof = 0; dof < physics_.model().nv; ++dof)
      physics_.data().qvel[dof] = 0.01 * random.normal();
  }

  [[nodiscard]] Observations observe() const override {
    return {{"position",
             {physics_.qpos(slider_), physics_.rotation(pole_, Entry::zz),
              physics_.rotation(pole_, Entry::xz)}},
            {"velocity", physics_.velocities()}};
  }

  [[nodiscard]] double reward() const override {
    const double position = physics_.qpos(slider_);
    const double cosine = physics_.rotation(pole_, Entry::zz);
    if (reward_ == Reward::sparse)
      return tolerance(position, kCentre) * tolerance(cosine, kUprightCosine);
    const double upright = (cosine + 1) / 2;
    const double centred =
        (1 + tolerance(position, {}, {.width = 2, .square = Square::scalar})) / 2;
    const double small_control =
        (4 + tolerance(physics_.data().ctrl[0], {},
                       {.width = 1, .sigmoid = Sigmoid::quadratic, .value = 0})) /
        5;
    const double small_velocity = (1 + tolerance(physics_.qvel(hinge_), {}, {.width = 5})) / 2;
    return upright * small_control * small_velocity * centred;
  }

 private:
  Start start_;
  Reward reward_;
  int slider_, hinge_, pole_;
};

TaskInfo cartpole(std::string name, std::string description, Start start, Reward reward) {
  return {.name = std::move(name),
          .description = std::move(description),
          .model = "cartpole.xml",
          .make = [start, reward](Physics& physics) {
            return std::make_unique<Cartpole>(physics, start, reward);
          }};
}

}  // namespace

std::vector<TaskInfo> cartpole_tasks() {
  return {
      cartpole("cartpole_balance", "keep the pole upright by moving the cart", Start::upright,
               Reward::dense),
      cartpole("cartpole_balance_sparse", "keep the pole upright; rewarded only while it is",
               Start::upright, Reward::sparse),
      cartpole("cartpole_swingup", "swing the hanging pole up and keep it there", Start::hanging,
               Reward::dense),
      cartpole("cartpole_swingup_sparse", "swing the pole up; rewarded only while it is upright",
               Start::hanging, Reward::sparse),
  };
}

}  // namespace dreamer::env
