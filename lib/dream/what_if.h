#pragma once

#include <string>

#include <torch/torch.h>

#include "core/signature.h"

namespace dreamer {

/// Actions other than the logged ones, `horizon` rows behind a context: --actions of dr-imagine.
/// @param choice zero, random (uniform, by `seed`), hold (the last action seen), or the path of an
///        episode, whose actions from its row 1 on are taken
/// @param seen [N,context,A]
/// @return [N,horizon,A]
/// @throws Error if the choice is none for this action, or the episode does not reach
[[nodiscard]] torch::Tensor what_if_actions(const std::string& choice, const Space& action,
                                            const torch::Tensor& seen, std::int64_t horizon,
                                            std::int64_t seed);

}  // namespace dreamer
