#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "io/file.h"

namespace dreamer::io {

/// One dataset, or many of one kind, that a format has.
struct DatasetRule {
  std::string path;           // a name is *, names at any depth are **
  std::string type;           // "uint8", "float32", …; or one of several: "float32|uint8"
  std::string dims;           // "T,H,W,C"; a closing * stands for any further axes
  std::string like;           // a dataset of the same shape; $1 is what the first star stood for
  bool optional = false;      // may be missing
  bool finite = true;         // no NaN, no infinity
  std::vector<double> range;  // least and largest value; empty: any
};

struct AttributeRule {
  std::string object, name;
  std::string type;  // string, boolean, integer, real, integers, reals, json: a text that is JSON,
                     // or version: a string or a number
  bool optional = false;
  std::string extent;         // the letter of the axis whose extent an integer must be
  std::vector<double> range;  // least and largest value of a number; empty: any
};

/// What a file of one format must look like (schemas/*.layout.json).
struct Layout {
  std::string format;
  std::vector<AttributeRule> attributes;
  std::vector<DatasetRule> datasets;
};

/// The layout of a format, from share/dreamer/schemas. @throws Error for an unknown format
[[nodiscard]] Layout layout_of(const std::string& format);

/// The rule for the dataset at `path`, or nothing if the layout lists none.
[[nodiscard]] const DatasetRule* rule_for(const Layout& layout, const std::string& path);

/// How the first of these rows that breaks `rule` does: "row 7 is not finite"; empty if none does.
/// What `dr-info --check` and the readers both refuse.
template <class T>
[[nodiscard]] std::string broken_row(const DatasetRule& rule, const std::vector<T>& rows,
                                     std::int64_t columns, std::int64_t first_row = 0) {
  const bool ranged = rule.range.size() == 2;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto value = static_cast<double>(rows[i]);
    const bool finite = !rule.finite || std::isfinite(value);
    if (finite && !(ranged && (value < rule.range[0] || value > rule.range[1]))) continue;
    const std::int64_t row =
        first_row + static_cast<std::int64_t>(i) / std::max<std::int64_t>(columns, 1);
    if (!finite) return fmt::format("row {} is not finite", row);
    return fmt::format("row {} is {}, {} to {} are allowed", row, value, rule.range[0],
                       rule.range[1]);
  }
  return "";
}

/// Everything in which `file` breaks `layout`, a sentence each; empty if it obeys. Reads the whole
/// file, so checksums are verified too. @throws Error if something cannot be read at all
[[nodiscard]] std::vector<std::string> check_layout(const FileReader& file, const Layout& layout);

}  // namespace dreamer::io
