#include "media/cameras.h"

#include <algorithm>
#include <iterator>
#include <span>

#include "core/error.h"

namespace dreamer::media {
namespace {

constexpr int kGap = 1;  // between cameras, in pixels of a frame

}  // namespace

std::vector<Space> cameras_of(const Signature& signature) {
  std::vector<Space> cameras;
  std::ranges::copy_if(signature.observations, std::back_inserter(cameras),
                       [](const Space& space) { return space.kind == SpaceKind::image; });
  return cameras;
}

std::vector<Space> cameras_of(const Signature& signature, const Images& images) {
  std::vector<Space> cameras = cameras_of(signature);
  std::erase_if(cameras, [&](const Space& camera) { return !images.contains(camera.name); });
  return cameras;
}

std::vector<Canvas> frames_of(const std::vector<Space>& cameras, const Images& images,
                              std::int64_t row) {
  std::vector<Canvas> frames;
  for (const Space& camera : cameras) {
    const std::span<const std::uint8_t> all = images.at(camera.name);
    if (std::ssize(all) < (row + 1) * camera.size())
      throw error("row {} of {} is not of {} values", row, camera.name, camera.size());
    frames.push_back(canvas_of(all.subspan(row * camera.size(), camera.size()), camera.shape[0],
                               camera.shape[1], camera.shape[2]));
  }
  return frames;
}

Canvas together(const std::vector<Canvas>& frames) { return beside(frames, kGap); }

Size together(const std::vector<Space>& cameras) {
  std::vector<Size> sizes;
  for (const Space& camera : cameras) sizes.push_back({camera.shape[0], camera.shape[1]});
  return beside(sizes, kGap);
}

}  // namespace dreamer::media
