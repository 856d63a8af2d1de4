#include <dlfcn.h>

#include <fstream>

#include "core/error.h"
#include "core/paths.h"
#include "logged/array_file.h"

namespace dreamer::logged {
namespace {

using OpenTable = ArrayFile* (*)(const char* path, bool parquet);

/// The companion library stands on Arrow C++, which takes tens of ms to load.
OpenTable open_table_function() {
  static const OpenTable function = [] {
    const auto path = library_dir() / "libdreamer_tables.so";
    void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
      throw error("cannot open the library for Parquet and Arrow: {}; run setup.sh and rebuild",
                  dlerror());
    void* const symbol = dlsym(library, "dreamer_open_table");
    if (symbol == nullptr) throw error("{} is of another version: {}", path.string(), dlerror());
    return reinterpret_cast<OpenTable>(symbol);
  }();
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
