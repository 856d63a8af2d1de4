#pragma once

#include <cstdint>
#include <vector>

namespace dreamer {

/// Values with their shape, in row-major order.
template <class T>
struct Array {
  std::vector<std::int64_t> shape;
  std::vector<T> values;

  [[nodiscard]] std::int64_t rows() const { return shape.empty() ? 0 : shape.front(); }
  /// Values of a row: the product of the other axes.
  [[nodiscard]] std::int64_t columns() const {
    if (shape.empty()) return 0;
    std::int64_t columns = 1;
    for (std::size_t axis = 1; axis < shape.size(); ++axis) columns *= shape[axis];
    return columns;
  }
};

}  // namespace dreamer
