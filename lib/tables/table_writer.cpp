#include "logged/table_writer.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/writer.h>

#include "core/error.h"

// The companion library `dreamer_tables`: Parquet files, by Arrow C++.

namespace dreamer::logged {
namespace {

using Type = TableColumn::Type;
using Builder = std::shared_ptr<arrow::ArrayBuilder>;

std::shared_ptr<arrow::DataType> arrow_type(const TableColumn& column) {
  const auto size = static_cast<std::int32_t>(column.size);
  switch (column.type) {
    case Type::integer:
      return arrow::int64();
    case Type::real:
      return arrow::float32();
    case Type::boolean:
      return arrow::boolean();
    case Type::text:
      return arrow::utf8();
    case Type::texts:
      return arrow::list(arrow::utf8());
    case Type::integers:
      return arrow::fixed_size_list(arrow::int64(), size);
    case Type::reals:
      return arrow::fixed_size_list(arrow::float32(), size);
    case Type::image:
      return arrow::struct_(
          {arrow::field("bytes", arrow::binary()), arrow::field("path", arrow::utf8())});
  }
  return nullptr;
}

class ParquetWriter : public TableWriter {
 public:
  ParquetWriter(std::filesystem::path path, const std::vector<TableColumn>& columns,
                const std::map<std::string, std::string>& metadata)
      : path_(std::move(path)), columns_(columns) {
    arrow::FieldVector fields;
    for (const TableColumn& column : columns)
      fields.push_back(arrow::field(column.name, arrow_type(column)));
    schema_ = arrow::schema(fields);
    if (!metadata.empty())
      schema_ = schema_->WithMetadata(std::make_shared<arrow::KeyValueMetadata>(
          std::unordered_map<std::string, std::string>(metadata.begin(), metadata.end())));
    file_ = of(arrow::io::FileOutputStream::Open(path_.string()));
    const auto options =
        parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build();
    const auto kept = parquet::ArrowWriterProperties::Builder().store_schema()->build();
    writer_ = of(parquet::arrow::FileWriter::Open(*schema_, arrow::default_memory_pool(), file_,
                                                  options, kept));
  }

  void write(const std::vector<ColumnValues>& columns) override {
    arrow::ArrayVector arrays;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      arrays.push_back(array(columns_[i], columns[i]));
    const std::int64_t rows = arrays.front()->length();
    const auto table = arrow::Table::Make(schema_, arrays, rows);
    check(table->Validate());
    check(writer_->WriteTable(*table, std::max<std::int64_t>(rows, 1)));
  }

  [[nodiscard]] std::int64_t bytes() const override { return of(file_->Tell()); }

  void close() override {
    check(writer_->Close());
    check(file_->Close());
  }

 private:
  template <class T>
  [[nodiscard]] T of(arrow::Result<T> result) const {
    check(result.status());
    return std::move(result).ValueUnsafe();
  }
  void check(const arrow::Status& status) const {
    if (!status.ok()) throw error("{}: {}", path_.string(), status.message());
  }

  [[nodiscard]] std::shared_ptr<arrow::Array> array(const TableColumn& column,
                                                    const ColumnValues& values) const {
    const std::unique_ptr<arrow::ArrayBuilder> builder = of(arrow::MakeBuilder(arrow_type(column)));
    append(column.type, values, *builder);
    return of(builder->Finish());
  }

  void append(Type type, const ColumnValues& values, arrow::ArrayBuilder& builder) const {
    switch (type) {
      case Type::integer:
        check(as<arrow::Int64Builder>(builder).AppendValues(
            std::get<std::vector<std::int64_t>>(values)));
        return;
      case Type::real:
        check(as<arrow::FloatBuilder>(builder).AppendValues(std::get<std::vector<float>>(values)));
        return;
      case Type::boolean: {
        const auto& flags = std::get<std::vector<std::uint8_t>>(values);
        check(as<arrow::BooleanBuilder>(builder).AppendValues(
            flags.data(), static_cast<std::int64_t>(flags.size())));
        return;
      }
      case Type::text:
        check(as<arrow::StringBuilder>(builder).AppendValues(
            std::get<std::vector<std::string>>(values)));
        return;
      case Type::texts:
        append_lists(std::get<std::vector<std::vector<std::string>>>(values),
                     as<arrow::ListBuilder>(builder));
        return;
      case Type::integers:
      case Type::reals:
        append_vectors(type, values, as<arrow::FixedSizeListBuilder>(builder));
        return;
      case Type::image:
        append_images(std::get<std::vector<std::vector<std::byte>>>(values),
                      as<arrow::StructBuilder>(builder));
        return;
    }
  }

  void append_lists(const std::vector<std::vector<std::string>>& rows,
                    arrow::ListBuilder& builder) const {
    for (const std::vector<std::string>& row : rows) {
      check(builder.Append());
      check(as<arrow::StringBuilder>(*builder.value_builder()).AppendValues(row));
    }
  }

  void append_vectors(Type type, const ColumnValues& values,
                      arrow::FixedSizeListBuilder& builder) const {
    const auto size =
        std::static_pointer_cast<arrow::FixedSizeListType>(builder.type())->list_size();
    if (type == Type::reals) {
      const auto& numbers = std::get<std::vector<float>>(values);
      check(as<arrow::FloatBuilder>(*builder.value_builder()).AppendValues(numbers));
      check(builder.AppendValues(static_cast<std::int64_t>(numbers.size()) / size));
    } else {
      const auto& numbers = std::get<std::vector<std::int64_t>>(values);
      check(as<arrow::Int64Builder>(*builder.value_builder()).AppendValues(numbers));
      check(builder.AppendValues(static_cast<std::int64_t>(numbers.size()) / size));
    }
  }

  void append_images(const std::vector<std::vector<std::byte>>& rows,
                     arrow::StructBuilder& builder) const {
    auto& bytes = as<arrow::BinaryBuilder>(*builder.field_builder(0));
    auto& path = as<arrow::StringBuilder>(*builder.field_builder(1));
    for (const std::vector<std::byte>& row : rows) {
      check(builder.Append());
      check(bytes.Append(reinterpret_cast<const std::uint8_t*>(row.data()),
                         static_cast<std::int32_t>(row.size())));
      check(path.AppendNull());
    }
  }

  template <class T>
  static T& as(arrow::ArrayBuilder& builder) {
    return static_cast<T&>(builder);
  }

  std::filesystem::path path_;
  std::vector<TableColumn> columns_;
  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::io::FileOutputStream> file_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
};

}  // namespace
}  // namespace dreamer::logged

extern "C" dreamer::logged::TableWriter* dreamer_open_table_writer(
    const std::filesystem::path& path, const std::vector<dreamer::logged::TableColumn>& columns,
    const std::map<std::string, std::string>& metadata) {
  return new dreamer::logged::ParquetWriter(path, columns, metadata);
}
