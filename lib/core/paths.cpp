#include "core/paths.h"

#include <dlfcn.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "core/error.h"
#include "core/json.h"

namespace dreamer {

std::filesystem::path library_dir() {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&library_dir), &info) == 0 || info.dli_fname == nullptr)
    throw error("cannot find the folder of the dreamer library");
  return std::filesystem::canonical(info.dli_fname).parent_path();
}

std::filesystem::path share_dir() {
  if (const char* set = std::getenv("DREAMER_SHARE"); set != nullptr && *set != '\0') {
    std::error_code none;
    if (!std::filesystem::is_directory(set, none))
      throw usage_error(
          "DREAMER_SHARE={} is no folder; unset it, or give the installed share/dreamer", set);
    return set;
  }
  // lib/ or, on distributions that use them, lib/<architecture>/
  for (auto dir = library_dir(); dir.has_relative_path(); dir = dir.parent_path())
    if (auto share = dir / "share" / "dreamer"; std::filesystem::is_directory(share)) return share;
  throw error("no share/dreamer above {}; set DREAMER_SHARE to the installed share/dreamer",
              library_dir().string());
}

Json read_share(const std::filesystem::path& name) {
  const auto path = share_dir() / name;
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw error("{}: cannot be read; is dreamer installed whole?", path.string());
  return parse_json(text, path.string());
}

}  // namespace dreamer
