#include "data/frame_cache.h"

#include <algorithm>

#include "data/episode.h"

namespace dreamer::data {
namespace {

// Opening a file costs more than reading a block of it; open files are limited (1024 as a rule).
constexpr std::size_t kOpenFiles = 64;

}  // namespace

FrameCache::Block FrameCache::rows(std::uint64_t episode, const std::filesystem::path& path,
                                   const std::string& name, std::int64_t first,
                                   std::int64_t count) {
  const Key key{episode, name, first};
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
      blocks_.splice(blocks_.begin(), blocks_, found->second);
      return found->second->block;
    }
  }
  // Decoded outside of the lock, so that other threads continue meanwhile.
  auto block = std::make_shared<const std::vector<std::uint8_t>>(
      reader(episode, path)->read_rows<std::uint8_t>(observation_path(name), first, count));
  insert(key, block);
  return block;
}

std::int64_t FrameCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

void FrameCache::insert(const Key& key, const Block& block) {
  const auto size = static_cast<std::int64_t>(block->size());
  const std::lock_guard lock(mutex_);
  if (size > limit_ || by_key_.contains(key)) return;
  while (bytes_ + size > limit_) {
    bytes_ -= static_cast<std::int64_t>(blocks_.back().block->size());
    by_key_.erase(blocks_.back().key);
    blocks_.pop_back();
  }
  blocks_.push_front({key, block});
  by_key_[key] = blocks_.begin();
  bytes_ += size;
}

FrameCache::Reader FrameCache::reader(std::uint64_t episode, const std::filesystem::path& path) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(readers_.begin(), readers_.end(),
                                    [&](const auto& entry) { return entry.first == episode; });
    if (found != readers_.end()) {
      readers_.splice(readers_.begin(), readers_, found);
      return found->second;
    }
  }
  auto opened = std::make_shared<const io::FileReader>(path, "dreamer.episode");
  Reader closing;  // closed after the lock is released
  const std::lock_guard lock(mutex_);
  readers_.emplace_front(episode, opened);
  if (readers_.size() > kOpenFiles) {
    closing = std::move(readers_.back().second);
    readers_.pop_back();
  }
  return opened;
}

}  // namespace dreamer::data
