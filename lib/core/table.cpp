#include "core/table.h"

#include <algorithm>

#include <fmt/format.h>

namespace dreamer {
namespace {

constexpr std::size_t kWidth = 9;  // holds -1.234e-05 but for its sign, which is rare
constexpr std::int64_t kRowsUnderTitles = 20;

}  // namespace

std::string brief(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return fmt::format("{}", value.get<std::int64_t>());
  if (value.is_number()) return fmt::format("{:.4g}", value.get<double>());
  return "-";
}

std::string Table::row(const Json& line) {
  std::string titles, row;
  for (const Column& column : columns_) {
    const Json::json_pointer pointer(column.pointer);
    const Json value = line.contains(pointer) ? line.at(pointer) : Json();
    const std::size_t width = std::max(column.title.size(), kWidth);
    const bool first = row.empty();
    const std::string gap = first ? "" : " ";
    if (value.is_string()) {
      titles += gap + " " + column.title;
      row += gap + " " + brief(value);
    } else {
      titles += fmt::format("{}{:>{}}", gap, column.title, width);
      row += fmt::format("{}{:>{}}", gap, brief(value), width);
    }
  }
  const bool titled = rows_++ % kRowsUnderTitles == 0;
  return (titled ? titles + "\n" : "") + row + "\n";
}

}  // namespace dreamer
