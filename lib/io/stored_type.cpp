#include "io/stored_type.h"

#include <stdexcept>

namespace dreamer::io {

hid_t stored_type(Type type) {
  switch (type) {
    case Type::uint8:
      return H5T_STD_U8LE;
    case Type::int64:
      return H5T_STD_I64LE;
    case Type::float32:
      return H5T_IEEE_F32LE;
    case Type::float64:
      return H5T_IEEE_F64LE;
  }
  throw std::logic_error("unknown element type");
}

}  // namespace dreamer::io
