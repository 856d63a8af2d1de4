#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <parquet/arrow/reader.h>

#include "core/error.h"
#include "io/foreign_file.h"
#include "logged/array_file.h"

// The companion library `dreamer_tables`: Parquet and Arrow IPC files as arrays, by Arrow C++.
// Structs are groups, lists are axes, binary columns are encoded images.

namespace dreamer::logged {
namespace {

template <class T>
T value_of(arrow::Result<T> result, const std::filesystem::path& path) {
  if (!result.ok()) throw error("{}: {}", path.string(), result.status().message());
  return std::move(result).ValueUnsafe();
}
void check(const arrow::Status& status, const std::filesystem::path& path) {
  if (!status.ok()) throw error("{}: {}", path.string(), status.message());
}

/// The column of a table, read when it is first asked for.
class Columns {
 public:
  virtual ~Columns() = default;
  [[nodiscard]] virtual std::shared_ptr<arrow::Schema> schema() const = 0;
  [[nodiscard]] virtual std::int64_t rows() const = 0;
  [[nodiscard]] virtual std::shared_ptr<arrow::ChunkedArray> read(int field) const = 0;
};

class ParquetColumns : public Columns {
 public:
  explicit ParquetColumns(const std::filesystem::path& path) : path_(path) {
    const auto file = value_of(arrow::io::ReadableFile::Open(path.string()), path);
    reader_ = value_of(parquet::arrow::OpenFile(file, arrow::default_memory_pool()), path);
    check(reader_->GetSchema(&schema_), path);
  }
  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  [[nodiscard]] std::int64_t rows() const override {
    return reader_->parquet_reader()->metadata()->num_rows();
  }
  [[nodiscard]] std::shared_ptr<arrow::ChunkedArray> read(int field) const override {
    std::shared_ptr<arrow::ChunkedArray> column;
    check(reader_->ReadColumn(field, &column), path_);
    return column;
  }

 private:
  std::filesystem::path path_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::shared_ptr<arrow::Schema> schema_;
};

/// Arrow IPC, as a file or as a stream; read whole.
class IpcColumns : public Columns {
 public:
  explicit IpcColumns(const std::filesystem::path& path) {
    const auto file = value_of(arrow::io::ReadableFile::Open(path.string()), path);
    if (auto opened = arrow::ipc::RecordBatchFileReader::Open(file); opened.ok()) {
      table_ = value_of((*opened)->ToTable(), path);
    } else {
      check(file->Seek(0), path);
      const auto stream = value_of(arrow::ipc::RecordBatchStreamReader::Open(file), path);
      table_ = value_of(stream->ToTable(), path);
    }
    check(table_->ValidateFull(), path);
  }
  [[nodiscard]] std::shared_ptr<arrow::Schema> schema() const override { return table_->schema(); }
  [[nodiscard]] std::int64_t rows() const override { return table_->num_rows(); }
  [[nodiscard]] std::shared_ptr<arrow::ChunkedArray> read(int field) const override {
    return table_->column(field);
  }

 private:
  std::shared_ptr<arrow::Table> table_;
};

bool is_list(const arrow::DataType& type) {
  return type.id() == arrow::Type::LIST || type.id() == arrow::Type::LARGE_LIST ||
         type.id() == arrow::Type::FIXED_SIZE_LIST;
}
bool holds_bytes(const arrow::DataType& type) {
  return type.id() == arrow::Type::BINARY || type.id() == arrow::Type::LARGE_BINARY;
}
/// A list's values from `first` on for `count` lists, and how many each has, which must be the
/// same.
struct Inner {
  std::shared_ptr<arrow::Array> values;
  std::int64_t size = 0;
};
template <class Lists>
Inner inner_of(const Lists& lists, const std::string& where) {
  const std::int64_t count = lists.length();
  const std::int64_t size = count > 0 ? lists.value_length(0) : 0;
  for (std::int64_t i = 1; i < count; ++i)
    if (lists.value_length(i) != size)
      throw error("{}: row {} has {} values, row 0 has {}", where, i, lists.value_length(i), size);
  const std::int64_t begin = count > 0 ? lists.value_offset(0) : 0;
  return {lists.values()->Slice(begin, size * count), size};
}

/// An array below its lists, [rows × product of sizes].
std::shared_ptr<arrow::Array> flatten(std::shared_ptr<arrow::Array> array, const std::string& where,
                                      std::vector<std::int64_t>* shape) {
  while (is_list(*array->type())) {
    if (array->null_count() > 0) throw error("{}: values are missing", where);
    Inner inner;
    switch (array->type_id()) {
      case arrow::Type::LIST:
        inner = inner_of(static_cast<const arrow::ListArray&>(*array), where);
        break;
      case arrow::Type::LARGE_LIST:
        inner = inner_of(static_cast<const arrow::LargeListArray&>(*array), where);
        break;
      default:
        inner = inner_of(static_cast<const arrow::FixedSizeListArray&>(*array), where);
    }
    if (shape != nullptr) shape->push_back(inner.size);
    array = inner.values;
  }
  return array;
}

template <class Type>
void add(const arrow::Array& array, std::vector<double>& out) {
  const auto& values = static_cast<const arrow::NumericArray<Type>&>(array);
  for (std::int64_t i = 0; i < values.length(); ++i)
    out.push_back(static_cast<double>(values.Value(i)));
}

void add_numbers(const arrow::Array& array, std::vector<double>& out, const std::string& where) {
  if (array.null_count() > 0) throw error("{}: values are missing", where);
  switch (array.type_id()) {
    case arrow::Type::BOOL: {
      const auto& values = static_cast<const arrow::BooleanArray&>(array);
      for (std::int64_t i = 0; i < values.length(); ++i) out.push_back(values.Value(i) ? 1 : 0);
      return;
    }
    case arrow::Type::UINT8:
      return add<arrow::UInt8Type>(array, out);
    case arrow::Type::INT8:
      return add<arrow::Int8Type>(array, out);
    case arrow::Type::UINT16:
      return add<arrow::UInt16Type>(array, out);
    case arrow::Type::INT16:
      return add<arrow::Int16Type>(array, out);
    case arrow::Type::UINT32:
      return add<arrow::UInt32Type>(array, out);
    case arrow::Type::INT32:
      return add<arrow::Int32Type>(array, out);
    case arrow::Type::UINT64:
      return add<arrow::UInt64Type>(array, out);
    case arrow::Type::INT64:
      return add<arrow::Int64Type>(array, out);
    case arrow::Type::FLOAT:
      return add<arrow::FloatType>(array, out);
    case arrow::Type::DOUBLE:
      return add<arrow::DoubleType>(array, out);
    default:
      throw error("{} holds no numbers: {}", where, array.type()->ToString());
  }
}

template <class Type>
void add_bytes(const arrow::Array& array, std::vector<std::vector<std::uint8_t>>& out) {
  const auto& values = static_cast<const Type&>(array);
  for (std::int64_t i = 0; i < values.length(); ++i) {
    const auto view = values.GetView(i);
    out.emplace_back(view.begin(), view.end());
  }
}

class TableArrays : public ArrayFile {
 public:
  explicit TableArrays(const std::filesystem::path& path, std::unique_ptr<Columns> columns)
      : path_(path), columns_(std::move(columns)) {
    const auto schema = columns_->schema();
    for (int i = 0; i < schema->num_fields(); ++i) find_leaves(*schema->field(i), i, {});
  }

  [[nodiscard]] bool has(const std::string& name) const override {
    return fields_.contains(name) || is_group(name);
  }
  [[nodiscard]] bool is_group(const std::string& name) const override {
    if (name.empty()) return true;
    const auto after = fields_.lower_bound(name + "/");
    return after != fields_.end() && after->first.starts_with(name + "/");
  }
  [[nodiscard]] std::vector<std::string> names(const std::string& group) const override {
    const std::string prefix = group.empty() ? "" : group + "/";
    std::vector<std::string> names;
    for (const auto& [path, field] : fields_) {
      if (!path.starts_with(prefix)) continue;
      const std::string name =
          path.substr(prefix.size(), path.find('/', prefix.size()) - prefix.size());
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
    std::ranges::sort(names, io::natural_less);
    return names;
  }

  [[nodiscard]] ArrayInfo info(const std::string& name) const override {
    const std::lock_guard lock(mutex_);
    const Field& field = at(name);
    ArrayInfo info{.name = name, .shape = {columns_->rows()}};
    auto type = field.type;
    if (is_list(*type)) {  // the sizes of lists are in the data
      std::vector<std::int64_t> sizes;
      if (info.rows() > 0) type = flatten(rows_of(field, name, 0, 1), where(name), &sizes)->type();
      info.shape.insert(info.shape.end(), sizes.begin(), sizes.end());
    }
    const auto id = type->id();
    info.real =
        id == arrow::Type::FLOAT || id == arrow::Type::DOUBLE || id == arrow::Type::HALF_FLOAT;
    if (holds_bytes(*type))
      info.element = Element::encoded;
    else if (id == arrow::Type::UINT8)
      info.element = Element::byte;
    else if (!info.real && !arrow::is_integer(id) && id != arrow::Type::BOOL)
      info.element = Element::other;
    return info;
  }

  [[nodiscard]] std::vector<double> numbers(const std::string& name, std::int64_t first,
                                            std::int64_t count) const override {
    const std::lock_guard lock(mutex_);
    std::vector<double> values;
    add_numbers(*flatten(rows_of(at(name), name, first, count), where(name), nullptr), values,
                where(name));
    return values;
  }

  [[nodiscard]] std::vector<std::uint8_t> bytes(const std::string& name, std::int64_t first,
                                                std::int64_t count) const override {
    const std::lock_guard lock(mutex_);
    const auto array = flatten(rows_of(at(name), name, first, count), where(name), nullptr);
    if (array->type_id() != arrow::Type::UINT8 || array->null_count() > 0)
      throw error("{} is not uint8", where(name));
    const auto& values = static_cast<const arrow::UInt8Array&>(*array);
    return {values.raw_values(), values.raw_values() + values.length()};
  }

  [[nodiscard]] std::vector<std::vector<std::uint8_t>> encoded(const std::string& name,
                                                               std::int64_t first,
                                                               std::int64_t count) const override {
    const std::lock_guard lock(mutex_);
    const auto array = rows_of(at(name), name, first, count);
    if (array->null_count() > 0) throw error("{}: values are missing", where(name));
    std::vector<std::vector<std::uint8_t>> rows;
    switch (array->type_id()) {
      case arrow::Type::BINARY:
        add_bytes<arrow::BinaryArray>(*array, rows);
        break;
      case arrow::Type::LARGE_BINARY:
        add_bytes<arrow::LargeBinaryArray>(*array, rows);
        break;
      case arrow::Type::STRING:
        add_bytes<arrow::StringArray>(*array, rows);
        break;
      case arrow::Type::LARGE_STRING:
        add_bytes<arrow::LargeStringArray>(*array, rows);
        break;
      default:
        throw error("{} holds no bytes", where(name));
    }
    return rows;
  }

  [[nodiscard]] std::string where(const std::string& name) const override {
    return fmt::format("{}: {}", path_.string(), name);
  }

 private:
  /// A column of the table, or a part of one.
  struct Field {
    int column = 0;
    std::vector<int> inside;  // struct fields on the way to it
    std::shared_ptr<arrow::DataType> type;
  };

  void find_leaves(const arrow::Field& field, int column, std::vector<int> inside,
                   const std::string& prefix = "") {
    constexpr std::size_t kDeepest = 32;
    const std::string name = prefix + field.name();
    if (field.type()->id() == arrow::Type::STRUCT && inside.size() < kDeepest) {
      for (int i = 0; i < field.type()->num_fields(); ++i) {
        inside.push_back(i);
        find_leaves(*field.type()->field(i), column, inside, name + "/");
        inside.pop_back();
      }
      return;
    }
    fields_[name] = {column, std::move(inside), field.type()};
  }

  [[nodiscard]] const Field& at(const std::string& name) const {
    const auto found = fields_.find(name);
    if (found == fields_.end()) throw error("{} is missing", where(name));
    return found->second;
  }

  /// Rows [first, first+count) of a column as one array.
  [[nodiscard]] std::shared_ptr<arrow::Array> rows_of(const Field& field, const std::string& name,
                                                      std::int64_t first,
                                                      std::int64_t count) const {
    auto& column = known_[field.column];
    if (!column) {
      column = columns_->read(field.column);
      check(column->ValidateFull(), path_);
    }
    if (count < 0) count = column->length() - first;
    if (first < 0 || count < 0 || count > column->length() - first)
      throw error("{} has {} rows, rows {} to {} are asked for", where(name), column->length(),
                  first, first + count - 1);
    const auto slice = column->Slice(first, count);
    std::shared_ptr<arrow::Array> array =
        slice->num_chunks() == 1
            ? slice->chunk(0)
            : value_of(arrow::Concatenate(slice->chunks(), arrow::default_memory_pool()), path_);
    for (const int i : field.inside) {
      if (array->null_count() > 0) throw error("{}: values are missing", where(name));
      array = static_cast<const arrow::StructArray&>(*array).field(i);
    }
    return array;
  }

  std::filesystem::path path_;
  std::unique_ptr<Columns> columns_;
  std::map<std::string, Field> fields_;
  mutable std::mutex mutex_;
  mutable std::map<int, std::shared_ptr<arrow::ChunkedArray>> known_;
};

}  // namespace
}  // namespace dreamer::logged

/// A Parquet file if `parquet`, else one of Arrow's.
extern "C" dreamer::logged::ArrayFile* dreamer_open_table(const char* path, bool parquet) {
  using namespace dreamer::logged;
  std::unique_ptr<Columns> columns;
  if (parquet)
    columns = std::make_unique<ParquetColumns>(path);
  else
    columns = std::make_unique<IpcColumns>(path);
  return new TableArrays(path, std::move(columns));
}
