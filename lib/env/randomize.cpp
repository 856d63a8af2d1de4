#include "env/randomize.h"

#include <numbers>

namespace dreamer::env {

void randomize_joints(Physics& physics, RandomState& random) {
  const mjModel& model = physics.model();
  for (int joint = 0; joint < model.njnt; ++joint) {
    const double* range = model.jnt_range + 2 * joint;
    if (model.jnt_limited[joint])
      physics.qpos(joint) = random.uniform(range[0], range[1]);
    else if (model.jnt_type[joint] == mjJNT_HINGE)
      physics.qpos(joint) = random.uniform(-std::numbers::pi, std::numbers::pi);
  }
}

}  // namespace dreamer::env
