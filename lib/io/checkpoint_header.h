#pragma once

#include <string>

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

/// The name below /model of a part of an observation, such as its encoder: that of the observation
/// "image" is the part's own.
[[nodiscard]] std::string part_name(const std::string& part, const Space& space);

/// @throws Error unless the tensor at `path` has the shape that the file's settings make it
void check_shape(const FileReader& file, const std::string& path, const Shape& claimed);

}  // namespace dreamer::io
