#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "logged/frame.h"

namespace dreamer::logged {

/// What the elements of an array are.
enum class Element {
  number,   // integers, reals, booleans
  byte,     // uint8: an image, or numbers
  encoded,  // each row an image file (JPEG, PNG)
  other     // text, objects
};

struct ArrayInfo {
  std::string name = {};
  Element element = Element::number;
  std::vector<std::int64_t> shape = {};  // rows first; of `encoded` [rows]
  bool real = false;                     // numbers that are no integers

  [[nodiscard]] std::int64_t rows() const { return shape.empty() ? 0 : shape.front(); }
  /// Values of a row.
  [[nodiscard]] std::int64_t columns() const;
};

/// A file of named arrays, read by rows: HDF5, npz, Parquet and Arrow alike. Names are paths
/// without a slash in front: "observations/pixels".
class ArrayFile : public std::enable_shared_from_this<ArrayFile> {
 public:
  virtual ~ArrayFile() = default;

  [[nodiscard]] virtual bool has(const std::string& name) const = 0;
  [[nodiscard]] virtual bool is_group(const std::string& name) const = 0;
  /// Names right under a group (the empty name: the root), numbers in them in their order.
  [[nodiscard]] virtual std::vector<std::string> names(const std::string& group) const = 0;
  [[nodiscard]] virtual ArrayInfo info(const std::string& name) const = 0;

  /// Rows [first, first+count), finite or not.
  [[nodiscard]] virtual std::vector<double> numbers(const std::string& name, std::int64_t first,
                                                    std::int64_t count) const = 0;
  [[nodiscard]] virtual std::vector<std::uint8_t> bytes(const std::string& name, std::int64_t first,
                                                        std::int64_t count) const = 0;
  [[nodiscard]] virtual std::vector<std::vector<std::uint8_t>> encoded(
      const std::string& name, std::int64_t first, std::int64_t count) const = 0;

  /// "demo.hdf5: data/demo_0/actions"
  [[nodiscard]] virtual std::string where(const std::string& name) const = 0;
};

[[nodiscard]] std::shared_ptr<const ArrayFile> open_hdf5(const std::filesystem::path& path);
[[nodiscard]] std::shared_ptr<const ArrayFile> open_npz(const std::filesystem::path& path);
/// Parquet or Arrow IPC, by the name's ending.
[[nodiscard]] std::shared_ptr<const ArrayFile> open_table(const std::filesystem::path& path);

/// How images lie in an array [rows, …]: the shape of a frame; nothing if these are no images.
struct ImageLayout {
  std::int64_t height = 0, width = 0, channels = 0;
  bool channels_first = false;
};
[[nodiscard]] std::optional<ImageLayout> image_layout(const ArrayInfo& info);

/// The frames of rows [first, first+count) of an array of images, read block by block; they keep
/// the file open.
[[nodiscard]] NextFrame frames(const ArrayFile& file, const ArrayInfo& info, std::int64_t first,
                               std::int64_t count);

/// Every array under a group, at any depth, whose rows are observations.
[[nodiscard]] std::vector<ArrayInfo> arrays_under(const ArrayFile& file, const std::string& group);

}  // namespace dreamer::logged
