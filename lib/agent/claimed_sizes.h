#pragma once

#include "agent/checkpoint.h"
#include "config/config.h"
#include "io/file.h"

namespace dreamer {

/// Refuses a checkpoint whose settings claim other sizes than its tensors have, before a model of
/// these sizes takes memory: the settings of a small file may claim gigabytes. Compared are the
/// shapes of the largest tensors that each setting decides; reading compares them all.
/// @param file a model or a policy, whose settings are `config`
void check_claimed_sizes(const io::FileReader& file, const Config& config,
                         const Signature& signature);

}  // namespace dreamer
