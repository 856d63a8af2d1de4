#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "io/file.h"

namespace dreamer::data {

/// Decoded frames of many episode files, a block of rows at a time, the least recently used dropped
/// first so that at most `memory_bytes` are held. Safe to use from several threads; two that miss
/// the same block at once both decode it.
class FrameCache {
 public:
  using Block = std::shared_ptr<const std::vector<std::uint8_t>>;

  explicit FrameCache(std::int64_t memory_bytes) : limit_(memory_bytes) {}

  /// Rows [first, first+count) of the images `name` of `path`, which the caller knows as number
  /// `episode`.
  [[nodiscard]] Block rows(std::uint64_t episode, const std::filesystem::path& path,
                           const std::string& name, std::int64_t first, std::int64_t count);

  /// What it holds now.
  [[nodiscard]] std::int64_t bytes() const;

 private:
  struct Key {
    std::uint64_t episode;
    std::string name;
    std::int64_t first;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      return key.episode * 0x9e3779b97f4a7c15 + static_cast<std::uint64_t>(key.first) +
             std::hash<std::string>()(key.name);
    }
  };
  struct Entry {
    Key key;
    Block block;
  };
  using Reader = std::shared_ptr<const io::FileReader>;

  [[nodiscard]] Reader reader(std::uint64_t episode, const std::filesystem::path& path);
  void insert(const Key& key, const Block& block);

  std::int64_t limit_;
  mutable std::mutex mutex_;
  std::int64_t bytes_ = 0;
  std::list<Entry> blocks_;  // most recently used first
  std::unordered_map<Key, std::list<Entry>::iterator, Hash> by_key_;
  std::list<std::pair<std::uint64_t, Reader>> readers_;  // a few open files, likewise
};

}  // namespace dreamer::data
