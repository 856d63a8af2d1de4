#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "io/file.h"

namespace dreamer::io {

/// One dataset, or many of one kind, that a format has.
struct DatasetRule {
  std::string path;           // a name is *, names at any depth are **
  std::string type;           // "uint8", "float32", …
  std::string dims;           // "T,H,W,C"; a closing * stands for any further axes
  std::string like;           // a dataset of the same shape; $1 is what the first star stood for
  bool optional = false;      // may be missing
  bool finite = true;         // no NaN, no infinity
  std::vector<double> range;  // least and largest value; empty: any
};

struct AttributeRule {
  std::string object, name;
  std::string
      type;  // string, boolean, integer, real, integers, reals, or json: a text that is JSON
  bool optional = false;
};

/// What a file of one format must look like (schemas/*.layout.json).
struct Layout {
  std::string format;
  std::vector<AttributeRule> attributes;
  std::vector<DatasetRule> datasets;
};

/// The layout of a format, from share/dreamer/schemas. @throws Error for an unknown format
[[nodiscard]] Layout layout_of(const std::string& format);

/// Everything in which `file` breaks `layout`, a sentence each; empty if it obeys. Reads the whole
/// file, so checksums are verified too. @throws Error if something cannot be read at all
[[nodiscard]] std::vector<std::string> check_layout(const FileReader& file, const Layout& layout);

}  // namespace dreamer::io
