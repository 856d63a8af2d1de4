#include "data/episode_frames.h"

#include <algorithm>
#include <memory>

#include "data/frame_cache.h"
#include "io/file.h"

namespace dreamer::data {
namespace {

constexpr std::int64_t kFrameMemory = std::int64_t{256} << 20;  // of frames kept decoded
constexpr std::int64_t kMostRows = 16;                          // read at once: an image's chunk

Episode read_shown(const std::filesystem::path& path) {
  const io::FileReader file(path, "dreamer.episode");
  const EpisodeHeader header = read_episode_header(file);
  Episode shown;
  shown.signature = header.signature;
  shown.seed = header.seed;
  shown.index = header.index;
  shown.rewards = header.rewards;
  shown.reward = read_finite_rows(file, "/reward", {header.length});
  return shown;
}

/// How many rows of `size` bytes of every one of `count` episodes can be kept, at least one.
std::int64_t rows_at_once(std::int64_t count, std::int64_t size) {
  const std::int64_t frames = kFrameMemory / count / std::max<std::int64_t>(size, 1);
  return std::clamp<std::int64_t>(frames, 1, kMostRows);
}

}  // namespace

std::vector<EpisodeFrames> open_frames(const std::vector<std::filesystem::path>& paths) {
  const auto cache = std::make_shared<FrameCache>(kFrameMemory);
  std::vector<EpisodeFrames> opened;
  for (const std::filesystem::path& path : paths) {
    Episode shown = read_shown(path);
    std::vector<std::string> cameras;
    std::int64_t size = 0;  // of a row
    for (const Space& space : shown.signature.observations)
      if (space.kind == SpaceKind::image) {
        cameras.push_back(space.name);
        size += space.size();
      }
    if (size == 0) {
      opened.emplace_back(std::move(shown));
      continue;
    }
    const std::int64_t length = shown.length(), rows = rows_at_once(std::ssize(paths), size);
    const auto draw = [=, number = opened.size()](std::int64_t t) {
      const std::int64_t first = t / rows * rows;
      const std::int64_t count = std::min(rows, length - first);
      EpisodeFrames::Images images;
      for (const std::string& name : cameras) {
        const FrameCache::Block block = cache->rows(number, path, name, first, count);
        const std::int64_t frame = std::ssize(*block) / count;
        const auto begin = block->begin() + (t - first) * frame;
        images[name].assign(begin, begin + frame);
      }
      return images;
    };
    opened.emplace_back(std::move(shown), draw);
  }
  return opened;
}

}  // namespace dreamer::data
