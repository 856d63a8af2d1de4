#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dreamer::logged {

// TensorFlow's record files and the tf.train.Example messages in them, without TensorFlow.

/// Where a record's contents lie in a file.
struct RecordPlace {
  std::int64_t offset = 0, length = 0;
};

/// All records of a file, by their headers. @throws Error where it is cut short or damaged
[[nodiscard]] std::vector<RecordPlace> records_of(const std::filesystem::path& path);

/// The contents of a record, whose checksum is compared.
[[nodiscard]] std::string read_record(const std::filesystem::path& path, const RecordPlace& place);

/// One feature of an Example. Points into the record.
struct Feature {
  std::vector<std::string_view> bytes;
  std::vector<float> floats;
  std::vector<std::int64_t> integers;
};

/// The features of an Example by name. @throws Error beginning with `where` for what is no Example
[[nodiscard]] std::map<std::string, Feature> parse_example(std::string_view record,
                                                           std::string_view where);

/// CRC-32C (Castagnoli).
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes);

}  // namespace dreamer::logged
