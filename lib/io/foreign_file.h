#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "io/file.h"

namespace dreamer::io {

/// An HDF5 file of another program's, of any layout and any types, opened to read. Links into other
/// files and claims that cannot be true are refused, as FileReader refuses them. Safe to use from
/// several threads.
class ForeignFile {
 public:
  explicit ForeignFile(const std::filesystem::path& path);
  ~ForeignFile();
  ForeignFile(ForeignFile&&) noexcept;
  ForeignFile& operator=(ForeignFile&&) noexcept;

  [[nodiscard]] const std::filesystem::path& path() const;
  [[nodiscard]] bool has(const std::string& path) const;
  [[nodiscard]] bool is_group(const std::string& path) const;
  /// Names of the objects right under a group, demo_2 before demo_10.
  [[nodiscard]] std::vector<std::string> names(const std::string& group) const;
  /// As of a file of ours; the type is "enumeration" for booleans and "sequence" where each element
  /// is a list of its own length.
  [[nodiscard]] DatasetInfo info(const std::string& path) const;

  /// Rows [first, first+count) of integers, reals or booleans of any size, as double.
  [[nodiscard]] std::vector<double> numbers(const std::string& path, std::int64_t first,
                                            std::int64_t count) const;
  /// The same of unsigned bytes.
  [[nodiscard]] std::vector<std::uint8_t> bytes(const std::string& path, std::int64_t first,
                                                std::int64_t count) const;
  /// The same of lists of bytes: encoded images.
  [[nodiscard]] std::vector<std::vector<std::uint8_t>> sequences(const std::string& path,
                                                                 std::int64_t first,
                                                                 std::int64_t count) const;

  [[nodiscard]] bool has_attribute(const std::string& path, const std::string& name) const;
  [[nodiscard]] Json attribute(const std::string& path, const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Whether `a` comes before `b` where digits stand for numbers: "demo_2" before "demo_10".
[[nodiscard]] bool natural_less(std::string_view a, std::string_view b);

}  // namespace dreamer::io
