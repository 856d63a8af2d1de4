#pragma once

#include "env/physics.h"
#include "env/random_state.h"

namespace dreamer::env {

/// Draws the joints in their order: a limited hinge or slide uniformly from its range, an unlimited
/// hinge from [−π, π); an unlimited slide stays where it is.
void randomize_joints(Physics& physics, RandomState& random);

}  // namespace dreamer::env
