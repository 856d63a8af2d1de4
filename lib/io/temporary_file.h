#pragma once

#include <filesystem>

#include "core/descriptor.h"
#include "io/file.h"

namespace dreamer::io {

/// A file that is being written for `target`, in the same folder, and becomes it whole or not at
/// all. Where the file system can, it has no name until then, and a killed writer leaves nothing.
/// Otherwise it is `.<target>.<random>.tmp` and locked (flock) as long as its writer lives: the
/// next writer of the target removes those that nobody holds. A lock is seen by every process that
/// sees the file, those of other containers too, which process numbers are not.
class TemporaryFile {
 public:
  enum class Kind { nameless, named };

  /// @param shown how messages call the target
  /// @param kind  nameless where that can be had
  TemporaryFile(const std::filesystem::path& target, const std::filesystem::path& shown,
                Kind kind = Kind::nameless);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] int descriptor() const { return file_; }
  /// A name by which another library of this process can open it.
  [[nodiscard]] std::filesystem::path path() const;

  /// Flushes it to the disk and gives it the target's name, the folder's entry flushed, too.
  void put_in_place(Replace replace);

 private:
  [[noreturn]] void fail(int code) const;
  bool make_nameless();
  void make_named();
  void remove_stale() const;
  /// Gives the nameless file a name; 0 or an error number.
  [[nodiscard]] int link_as(const std::filesystem::path& name) const;
  [[nodiscard]] int rename_to_target(Replace replace) const;
  [[nodiscard]] std::filesystem::path random_name() const;

  std::filesystem::path target_, shown_;
  Descriptor folder_;  // open before the work, so that its end needs no further one
  Descriptor file_;
  std::filesystem::path name_;  // empty: nameless
};

}  // namespace dreamer::io
