#include <fstream>

#include "core/companion.h"
#include "core/error.h"
#include "logged/array_file.h"

namespace dreamer::logged {
namespace {

using OpenTable = ArrayFile* (*)(const char* path, bool parquet);

/// Of the companion library, which stands on Arrow C++: it takes tens of ms to load.
OpenTable open_table_function() {
  static const auto function = reinterpret_cast<OpenTable>(
      companion_symbol("tables", "dreamer_open_table", "the library for Parquet and Arrow",
                       "run setup.sh and rebuild"));
  return function;
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
  return std::shared_ptr<ArrayFile>(open_table_function()(path.c_str(), parquet));
}

}  // namespace dreamer::logged
