#pragma once

#include <filesystem>

#include "core/descriptor.h"

namespace dreamer::io {

/// Keeps every other run from working on the same output: held from before the work to its end, and
/// gone with the process, however it ends. A lock (flock) on the hidden file `.NAME.lock` in the
/// output's folder, NAME being the output's without its ending, so that it holds between containers
/// and machines that share the folder. A file that a killed process left is no lock.
class OutputLock {
 public:
  /// @throws Error that names who holds the lock, or says why the folder cannot be written
  explicit OutputLock(const std::filesystem::path& out);
  ~OutputLock();
  OutputLock(const OutputLock&) = delete;
  OutputLock& operator=(const OutputLock&) = delete;

 private:
  std::filesystem::path path_;
  Descriptor file_;
};

}  // namespace dreamer::io
