#pragma once

#include <string>

#include "core/json.h"
#include "io/hdf5_handle.h"

namespace dreamer::io {

/// The value of an attribute of an open HDF5 object: text, boolean (uint8 0/1, or an enumeration),
/// integer, real, or an array of these; null where it is empty; {"type": "compound"} and the like
/// for what is of no use here: foreign types, and more than 16 MiB. `where` names the object in
/// errors. The caller holds the lock.
[[nodiscard]] Json read_attribute(hid_t object, const std::string& name, const std::string& where);

}  // namespace dreamer::io
