#pragma once

#include "core/json.h"
#include "core/signature.h"
#include "io/file.h"

namespace dreamer::io {

// What a model or policy checkpoint says of itself beside its tensors.

/// What its model sees and how it acts: /model's attribute `signature`, or in a file of version 1.0
/// its attributes task, image, action_size and action_repeat.
/// @throws Error for extents that no model can have
[[nodiscard]] Signature read_model_signature(const FileReader& file);

/// The settings by section that it was made with: those of its provenance, and in place of them,
/// where they are there (since version 1.1), the attributes `config` of /model and /actor, which
/// decide the sizes of the parameters.
[[nodiscard]] Json read_settings(const FileReader& file);

}  // namespace dreamer::io
