#pragma once

#include <torch/torch.h>

#include "learner/jobs.h"

namespace dreamer {

/// Sets the number of threads and picks the device: "auto" is the first GPU if LibTorch sees one.
/// @throws usage_error for a device that does not exist here
torch::Device set_up(const Compute& compute);

/// Seeds LibTorch's own generator, which draws the initial parameters and nothing else.
void seed_parameters(std::int64_t seed, std::string_view what);

}  // namespace dreamer
