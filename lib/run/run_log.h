#pragma once

#include <cstdint>
#include <filesystem>

#include "core/append_file.h"
#include "core/json.h"

namespace dreamer {

/// The lines of a run: on stdout, and appended to a file that a resumed run continues.
class RunLog {
 public:
  /// @param keep bytes of an earlier file to keep; what was written after them is dropped
  RunLog(const std::filesystem::path& path, std::int64_t keep);

  /// To both.
  void line(const Json& line);
  /// To the file alone.
  void append(const Json& line);
  /// To stdout alone.
  static void show(const Json& line);
  /// Written so far, all of it handed to the operating system.
  [[nodiscard]] std::int64_t bytes() const { return file_.bytes(); }

 private:
  AppendFile file_;
};

}  // namespace dreamer
