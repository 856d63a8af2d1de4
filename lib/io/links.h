#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "io/hdf5_handle.h"

namespace dreamer::io {

/// Finds the objects of a file by path. Hard and soft links are followed; a link into another file,
/// which could name any file of this machine, is an Error before anything is opened. The caller
/// holds the lock.
class Links {
 public:
  /// @param file the open file, which outlives this
  /// @param name what it is called in errors
  Links(hid_t file, std::string name);

  /// Whether the object at `path` ("/image") exists.
  [[nodiscard]] bool exists(const std::string& path);
  /// Opens it. @throws Error if it is missing
  [[nodiscard]] Handle open(const std::string& path);
  /// The names right under `group`, in no particular order; not those of links that lead nowhere.
  [[nodiscard]] std::vector<std::string> names(const std::string& group);
  /// The objects of one kind under `group`, at any depth, as sorted paths; `group` not among them.
  /// Each group is visited once, however many links lead to it.
  [[nodiscard]] std::vector<std::string> find(const std::string& group, H5O_type_t kind);

 private:
  [[nodiscard]] std::string where(const std::string& path) const;
  /// Refuses a link that leads out of the file.
  void check_type(H5L_type_t type, const std::string& path) const;
  /// Refuses a path on which HDF5 met such a link behind a soft one.
  void check_followed(const std::string& path);

  hid_t file_;
  std::string name_;
  std::unique_ptr<bool> left_the_file_;  // set by HDF5 where a soft link ends at an external one
  Handle access_;                        // follows no external link
  std::set<std::string> seen_;           // paths that exist
};

}  // namespace dreamer::io
