#include "logged/tfrecord.h"

#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <optional>

#include "core/error.h"

namespace dreamer::logged {
namespace {

// A record: length (8 bytes), its checksum (4), contents, their checksum (4).
constexpr std::int64_t kHeader = 12, kFooter = 4;

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

/// As record files store checksums.
std::uint32_t masked(std::uint32_t crc) { return std::rotr(crc, 15) + 0xa282ead8U; }

/// A message of protocol buffers, field by field.
class Message {
 public:
  Message(std::string_view bytes, std::string_view where) : rest_(bytes), where_(where) {}

  struct Field {
    std::uint64_t number = 0, value = 0;  // the value of a varint
    std::string_view bytes = {};          // of a field with a length, or of 4 or 8 bytes
  };
  [[nodiscard]] std::optional<Field> next() {
    if (rest_.empty()) return std::nullopt;
    const std::uint64_t key = varint();
    Field field{.number = key >> 3};
    switch (key & 7) {
      case 0:
        field.value = varint();
        return field;
      case 1:
        field.bytes = take(8);
        return field;
      case 2:
        field.bytes = take(varint());
        return field;
      case 5:
        field.bytes = take(4);
        return field;
      default:
        throw damaged();
    }
  }

  [[nodiscard]] std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1).front());
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw damaged();
  }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  [[nodiscard]] std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) throw damaged();
    const auto part = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return part;
  }
  [[nodiscard]] Error damaged() const { return error("{} is no tf.train.Example", where_); }

  std::string_view rest_, where_;
};

void add_floats(std::string_view packed, std::vector<float>& floats) {
  for (; packed.size() >= sizeof(float); packed.remove_prefix(sizeof(float)))
    floats.push_back(
        std::bit_cast<float>(static_cast<std::uint32_t>(little_endian(packed.substr(0, 4)))));
}

/// Feature: bytes_list = 1, float_list = 2, int64_list = 3, each with `repeated value = 1`.
Feature parse_feature(std::string_view bytes, std::string_view where) {
  Feature feature;
  Message message(bytes, where);
  while (const auto kind = message.next()) {
    Message list(kind->bytes, where);
    while (const auto value = list.next()) {
      if (value->number != 1) continue;
      if (kind->number == 1) feature.bytes.push_back(value->bytes);
      if (kind->number == 2) add_floats(value->bytes, feature.floats);
      if (kind->number == 3 && value->bytes.empty())
        feature.integers.push_back(static_cast<std::int64_t>(value->value));
      if (kind->number == 3)
        for (Message packed(value->bytes, where); !packed.empty();)
          feature.integers.push_back(static_cast<std::int64_t>(packed.varint()));
    }
  }
  return feature;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> entries{};
    for (std::uint32_t i = 0; i < entries.size(); ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit)
        value = (value & 1) != 0 ? value >> 1 ^ 0x82f63b78U : value >> 1;
      entries[i] = value;
    }
    return entries;
  }();
  std::uint32_t crc = ~0U;
  for (const char c : bytes) crc = crc >> 8 ^ table[(crc ^ static_cast<unsigned char>(c)) & 0xff];
  return ~crc;
}

std::vector<RecordPlace> records_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(path));
  std::vector<RecordPlace> places;
  for (std::int64_t at = 0; at < size;) {
    std::array<char, kHeader> header{};
    const std::string_view bytes(header.data(), header.size());
    file.seekg(at);
    if (!file.read(header.data(), kHeader))
      throw error("{} is cut short behind record {}; copy it again", path.string(), places.size());
    const std::uint64_t length = little_endian(bytes.substr(0, 8));
    if (masked(crc32c(bytes.substr(0, 8))) != little_endian(bytes.substr(8)))
      throw error("{}: record {} is damaged: its checksum differs; copy it again", path.string(),
                  places.size());
    const std::int64_t left = size - at - kHeader - kFooter;
    if (left < 0 || length > static_cast<std::uint64_t>(left))
      throw error("{} is cut short in record {}; copy it again", path.string(), places.size());
    places.push_back({at + kHeader, static_cast<std::int64_t>(length)});
    at += kHeader + static_cast<std::int64_t>(length) + kFooter;
  }
  return places;
}

std::string read_record(const std::filesystem::path& path, const RecordPlace& place) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(place.offset);
  std::string bytes(static_cast<std::size_t>(place.length + kFooter), '\0');
  if (!file.read(bytes.data(), static_cast<std::streamsize>(bytes.size())))
    throw error("{}: cannot be read", path.string());
  const std::uint64_t stored =
      little_endian(std::string_view(bytes).substr(bytes.size() - kFooter));
  bytes.resize(bytes.size() - kFooter);
  if (masked(crc32c(bytes)) != stored)
    throw error("{}: the record at byte {} is damaged: its checksum differs; copy it again",
                path.string(), place.offset);
  return bytes;
}

std::map<std::string, Feature> parse_example(std::string_view record, std::string_view where) {
  std::map<std::string, Feature> features;
  Message example(record, where);
  while (const auto field = example.next()) {
    if (field->number != 1) continue;  // Example.features
    Message map(field->bytes, where);
    while (const auto entry = map.next()) {
      if (entry->number != 1) continue;  // Features.feature: an entry of key = 1, value = 2
      Message pair(entry->bytes, where);
      std::string key;
      std::string_view value;
      while (const auto part = pair.next()) {
        if (part->number == 1) key = part->bytes;
        if (part->number == 2) value = part->bytes;
      }
      features[key] = parse_feature(value, where);
    }
  }
  return features;
}

}  // namespace dreamer::logged
