#pragma once

#include "io/file.h"
#include "io/hdf5_handle.h"

namespace dreamer::io {

/// How elements lie in the files that we write: little-endian, whatever the machine.
[[nodiscard]] hid_t stored_type(Type type);

}  // namespace dreamer::io
