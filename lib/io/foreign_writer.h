#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "io/file.h"

namespace dreamer::io {

/// Writes an HDF5 file in another program's layout straight to a path, object by object, so that
/// its size is not bound by memory. Groups are made as needed. @throws Error everywhere
class ForeignWriter {
 public:
  explicit ForeignWriter(const std::filesystem::path& path);
  ~ForeignWriter();
  ForeignWriter(const ForeignWriter&) = delete;
  ForeignWriter& operator=(const ForeignWriter&) = delete;

  /// An empty group, or one for attributes.
  void group(const std::string& path);
  /// An integer or a real.
  void attribute(const std::string& path, const std::string& name, const Json& value);
  template <class T>
  void dataset(const std::string& path, const Shape& shape, const std::vector<T>& values) {
    dataset(path, shape, type_of<T>(), values.data());
  }
  /// As h5py writes booleans.
  void booleans(const std::string& path, const std::vector<std::uint8_t>& values);

  /// Hands all of it to the operating system. Nothing can be added afterwards.
  void close();

 private:
  void dataset(const std::string& path, const Shape& shape, Type type, const void* values);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dreamer::io
