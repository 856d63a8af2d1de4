#pragma once

// Reading and writing the project's HDF5 files. The only part of the library that calls HDF5.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/json.h"
#include "io/attribute_value.h"

namespace dreamer::io {

/// Element types that occur in our files.
enum class Type { uint8, int64, float32, float64 };

template <class T>
constexpr Type type_of() {
  if constexpr (std::is_same_v<T, std::uint8_t>)
    return Type::uint8;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return Type::int64;
  else if constexpr (std::is_same_v<T, float>)
    return Type::float32;
  else if constexpr (std::is_same_v<T, double>)
    return Type::float64;
  else
    static_assert(!sizeof(T), "not an element type of our files");
}

using Shape = std::vector<std::int64_t>;

/// The product of all extents; the largest int64 where it does not fit. The one place where extents
/// that a file claims are multiplied: FileReader refuses datasets whose bytes do not fit, so the
/// product of any of the extents in a DatasetInfo does.
[[nodiscard]] std::int64_t elements_of(const Shape& shape);

/// What a dataset is, without its contents.
struct DatasetInfo {
  std::string path;  // "/image"
  std::string type;  // "uint8", "float32", …; HDF5's own name for a foreign type
  Shape shape;
  std::string dims;               // the `dims` attribute, such as "T,H,W,C"; empty if it has none
  std::int64_t chunk_rows = 0;    // rows of the first axis in a chunk; 0: not chunked
  std::int64_t stored_bytes = 0;  // what it takes in the file, after compression
};

/// How a dataset lies in the file: chunked along its first axis, every chunk with a Fletcher-32
/// checksum (scalars and empty datasets excepted, which have no chunks).
struct Storage {
  std::int64_t chunk_rows = 0;  // rows of the first axis in a chunk; 0: one chunk if the dataset is
                                // small, else chunks of about 1 MiB
  int deflate = 0;              // level, 1 to 12; 0: not compressed
};

/// Whether a file that exists may be replaced (`--force`).
enum class Replace { no, yes };

/// Builds one file in memory and puts it in place whole: under a temporary name in the same folder,
/// flushed to the disk, then renamed; without Replace::yes an existing file is an error. Nothing
/// appears under any name before `commit`, and a failed commit (disk full) leaves nothing behind.
/// Throws Error everywhere.
class FileWriter {
 public:
  /// @param format "dreamer.episode", "dreamer.model", …; written with `format_version` as root
  ///               attributes
  explicit FileWriter(std::string_view format);
  ~FileWriter();
  FileWriter(FileWriter&&) noexcept;
  FileWriter& operator=(FileWriter&&) noexcept;

  /// An attribute of the object at `path` ("/" for the root); groups are made as needed.
  /// Strings are stored as UTF-8 strings of variable length: only those does h5py give as str. They
  /// lie outside of what HDF5 checksums, so FileReader reads them past HDF5 (text_heap.h). Integers
  /// are stored as int64, reals as float64, booleans as uint8, arrays of numbers as 1-D arrays,
  /// everything else as JSON text.
  void attribute(const std::string& path, const std::string& name, const Json& value);

  /// A dataset in row-major order. `dims` names its axes, one name an axis: "T,H,W,C"; empty for a
  /// scalar, or where axes have no names (a network's parameters).
  template <class T>
  void dataset(const std::string& path, std::string_view dims, const Shape& shape,
               std::span<const T> values, Storage storage = {}) {
    dataset(path, dims, shape, type_of<T>(), std::as_bytes(values), storage);
  }
  template <class T>
  void dataset(const std::string& path, std::string_view dims, const Shape& shape,
               const std::vector<T>& values, Storage storage = {}) {
    dataset<T>(path, dims, shape, std::span<const T>(values), storage);
  }

  /// Puts the file in place; nothing can be added afterwards.
  void commit(const std::filesystem::path& path, Replace replace);

 private:
  void dataset(const std::string& path, std::string_view dims, const Shape& shape, Type type,
               std::span<const std::byte> values, Storage storage);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One file opened for reading. Errors name the file, the dataset and the remedy. Safe to use from
/// several threads (HDF5 itself is serial: one lock guards it; inflating happens outside of it).
class FileReader {
 public:
  /// Opens any file of ours (format begins with "dreamer."); see `format`.
  explicit FileReader(const std::filesystem::path& path);
  /// Opens a file and refuses every other format and every newer major version.
  FileReader(const std::filesystem::path& path, std::string_view expected_format);
  ~FileReader();
  FileReader(FileReader&&) noexcept;
  FileReader& operator=(FileReader&&) noexcept;

  [[nodiscard]] const std::filesystem::path& path() const;
  [[nodiscard]] std::string format() const;          // "dreamer.episode"
  [[nodiscard]] std::string format_version() const;  // "1.0"

  [[nodiscard]] bool has(const std::string& path) const;
  /// Every dataset under `group`, at any depth, sorted by path.
  [[nodiscard]] std::vector<DatasetInfo> datasets(const std::string& group = "/") const;
  [[nodiscard]] DatasetInfo info(const std::string& path) const;
  /// Every group, "/" first, sorted by path.
  [[nodiscard]] std::vector<std::string> groups() const;

  /// The whole dataset, which must have exactly this element type. Counts toward what one file may
  /// fill, as `count_whole` does.
  template <class T>
  [[nodiscard]] std::vector<T> read(const std::string& path) const {
    count_whole(path);
    return read_rows<T>(path, 0, -1);
  }
  /// Rows [first, first+count) of the first axis; count −1: to the end.
  template <class T>
  [[nodiscard]] std::vector<T> read_rows(const std::string& path, std::int64_t first,
                                         std::int64_t count) const {
    std::vector<T> values(row_elements(path, type_of<T>(), first, count));
    read_rows(path, type_of<T>(), first, count, std::as_writable_bytes(std::span(values)));
    return values;
  }
  /// Counts a dataset that is read whole toward what one file may fill of memory, or take of time:
  /// 1 GiB, or 64 times its own size if that is more. Compressed data may claim a thousand times
  /// what they are. @throws Error at the dataset that is too much
  void count_whole(const std::string& path) const;

  [[nodiscard]] bool has_attribute(const std::string& path, const std::string& name) const;
  /// As written by FileWriter::attribute: string, boolean, integer, real or array of them; JSON
  /// text stays text. Throws if it is missing.
  [[nodiscard]] Json attribute(const std::string& path, const std::string& name) const;
  /// The same as text, bool, int64, double or a vector of numbers, whatever HDF5 type says it
  /// (attribute_value.h). @throws Error naming file, object and attribute if it says no such thing
  template <class T>
  [[nodiscard]] T attribute(const std::string& path, const std::string& name) const {
    const Json value = attribute(path, name);
    if (auto as = value_as<T>(value)) return *std::move(as);
    throw wrong_attribute(path, name, description(value), name_of<T>());
  }
  template <class T>
  [[nodiscard]] T attribute_or(const std::string& path, const std::string& name,
                               T otherwise) const {
    return has_attribute(path, name) ? attribute<T>(path, name) : std::move(otherwise);
  }
  /// The JSON that an attribute's text is. @throws Error naming file, object and attribute
  [[nodiscard]] Json json_attribute(const std::string& path, const std::string& name) const;
  /// All attributes of an object, by name.
  [[nodiscard]] Json attributes(const std::string& path) const;

  /// How an attribute is called in messages: "ep7.h5: /provenance/@seed".
  [[nodiscard]] std::string attribute_place(const std::string& path, const std::string& name) const;

 private:
  [[nodiscard]] Error wrong_attribute(const std::string& path, const std::string& name,
                                      std::string_view found, std::string_view wanted) const;
  [[nodiscard]] std::size_t row_elements(const std::string& path, Type type, std::int64_t first,
                                         std::int64_t count) const;
  void read_rows(const std::string& path, Type type, std::int64_t first, std::int64_t count,
                 std::span<std::byte> out) const;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dreamer::io
