#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"

namespace dreamer {

/// JSON lines as the rows of an aligned table, for people.
class Table {
 public:
  struct Column {
    std::string title;
    std::string pointer;  // of its value in a line: "/model/loss"
  };
  /// Columns of text stand to the left; the first column of text should be the last.
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// The row of a line; the titles above it where they are due, which is now and then.
  [[nodiscard]] std::string row(const Json& line);

 private:
  std::vector<Column> columns_;
  std::int64_t rows_ = 0;
};

/// A number in four significant digits; a missing one is "-".
[[nodiscard]] std::string brief(const Json& value);

}  // namespace dreamer
