#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace dreamer::logged {

/// A column of a Parquet file.
struct TableColumn {
  enum class Type {
    integer,   // int64
    real,      // float32
    boolean,   // bool
    text,      // string
    texts,     // list<string>
    integers,  // fixed_size_list<int64>[size]
    reals,     // fixed_size_list<float32>[size]
    image      // struct<bytes, path>: an encoded image, as Hugging Face's datasets have it
  };
  std::string name;
  Type type = Type::real;
  std::int64_t size = 1;
};

/// The values of a column's rows, by its type: numbers end to end, booleans as bytes.
using ColumnValues =
    std::variant<std::vector<std::int64_t>, std::vector<float>, std::vector<std::uint8_t>,
                 std::vector<std::string>, std::vector<std::vector<std::string>>,
                 std::vector<std::vector<std::byte>>>;

/// Writes a Parquet file, a group of rows at a time.
class TableWriter {
 public:
  virtual ~TableWriter() = default;
  /// @param columns their values in the order in which they were declared
  virtual void write(const std::vector<ColumnValues>& columns) = 0;
  /// Written so far.
  [[nodiscard]] virtual std::int64_t bytes() const = 0;
  virtual void close() = 0;
};

/// @param metadata of the file's schema, by key
[[nodiscard]] std::unique_ptr<TableWriter> open_table_writer(
    const std::filesystem::path& path, const std::vector<TableColumn>& columns,
    const std::map<std::string, std::string>& metadata = {});

}  // namespace dreamer::logged
