#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "io/file.h"
#include "io/hdf5_handle.h"
#include "io/links.h"
#include "io/opening.h"
#include "io/stored_dataset.h"

namespace dreamer::io {

/// An HDF5 file open to read, whoever wrote it: what readers of our own files and of others have in
/// common. The caller holds the lock, but for read_rows.
class Hdf5File {
 public:
  explicit Hdf5File(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::int64_t bytes() const { return opened_.bytes; }
  [[nodiscard]] Links& links() { return links_; }

  /// "ep7.h5: /reward"
  [[nodiscard]] std::string where(const std::string& object) const;

  /// A dataset, looked at once.
  [[nodiscard]] std::shared_ptr<const StoredDataset> dataset(const std::string& object);
  [[nodiscard]] DatasetInfo info(const std::string& object);

  /// Checks that rows [first, first+count) can be read, count −1 being those to the end, and that
  /// they take no more memory than a file may fill.
  /// @return their shape
  [[nodiscard]] Shape check_rows(const std::string& object, std::int64_t first, std::int64_t count);
  /// The same for a dataset that is read whole, together with those read whole before.
  void count_whole(const std::string& object);
  /// Refuses that much memory if it is more than a file of this size may fill.
  void check_allowed(std::int64_t bytes, std::int64_t before, const std::string& object) const;

  /// Reads those rows as values of a memory type. Takes the lock itself; several threads inflate at
  /// once.
  /// @param shape what check_rows gave
  void read_rows(const std::string& object, hid_t memory, std::int64_t first, const Shape& shape,
                 std::span<std::byte> out);

 private:
  std::filesystem::path path_;
  OpenedFile opened_;
  Links links_;
  std::map<std::string, std::shared_ptr<const StoredDataset>> known_;  // looked at before
  std::int64_t counted_ = 0;                                           // bytes read whole
};

/// The rows [first, first+count) of a dataset, as HDF5 selects them.
struct RowSelection {
  Handle file, memory;
};
[[nodiscard]] RowSelection select_rows(hid_t dataset, std::int64_t first, const Shape& shape,
                                       const std::string& place);

}  // namespace dreamer::io
