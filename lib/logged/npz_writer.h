#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dreamer::logged {

/// An npz archive in memory, as numpy.savez_compressed writes it; the same arrays give the same
/// bytes.
class NpzWriter {
 public:
  NpzWriter();
  ~NpzWriter();
  NpzWriter(const NpzWriter&) = delete;
  NpzWriter& operator=(const NpzWriter&) = delete;

  void add(const std::string& name, const std::vector<std::int64_t>& shape,
           const std::vector<float>& values);
  void add(const std::string& name, const std::vector<std::int64_t>& shape,
           const std::vector<std::uint8_t>& values);
  void add_booleans(const std::string& name, const std::vector<std::uint8_t>& values);

  /// The archive's bytes. Nothing can be added afterwards.
  [[nodiscard]] std::vector<std::byte> finish();

 private:
  void add(const std::string& name, const char* descr, const std::vector<std::int64_t>& shape,
           const void* values, std::size_t bytes);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dreamer::logged
