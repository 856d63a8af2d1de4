#include <fstream>

#include "core/companion.h"
#include "core/error.h"
#include "logged/array_file.h"
#include "logged/table_writer.h"

namespace dreamer::logged {
namespace {

/// Of the companion library, which stands on Arrow C++: it takes tens of ms to load.
template <class Function>
Function table_function(const char* name) {
  return reinterpret_cast<Function>(companion_symbol(
      "tables", name, "the library for Parquet and Arrow", "run setup.sh and rebuild"));
}

}  // namespace

std::shared_ptr<const ArrayFile> open_table(const std::filesystem::path& path) {
  const bool parquet = path.extension() == ".parquet";
  if (parquet) {
    // A recording that was not ended has no footer, which Arrow says in other words.
    std::ifstream file(path, std::ios::binary);
    file.seekg(-4, std::ios::end);
    std::string end(4, '\0');
    if (!file.read(end.data(), 4) || end != "PAR1")
      throw error(
          "{} has no footer: the recording was not finalized (LeRobotDataset.finalize), or "
          "the file was cut short",
          path.string());
  }
  using Open = ArrayFile* (*)(const char*, bool);
  static const auto open = table_function<Open>("dreamer_open_table");
  return std::shared_ptr<ArrayFile>(open(path.c_str(), parquet));
}

std::unique_ptr<TableWriter> open_table_writer(const std::filesystem::path& path,
                                               const std::vector<TableColumn>& columns,
                                               const std::map<std::string, std::string>& metadata) {
  using Open = TableWriter* (*)(const std::filesystem::path&, const std::vector<TableColumn>&,
                                const std::map<std::string, std::string>&);
  static const auto open = table_function<Open>("dreamer_open_table_writer");
  return std::unique_ptr<TableWriter>(open(path, columns, metadata));
}

}  // namespace dreamer::logged
