#include "logged/array_file.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "core/error.h"
#include "io/file.h"

namespace dreamer::logged {
namespace {

constexpr std::int64_t kBlockBytes = 16 << 20;

bool is_channels(std::int64_t extent) { return extent == 1 || extent == 3 || extent == 4; }

/// [C,Y,X] as [Y,X,C].
std::vector<std::uint8_t> channels_last(const std::vector<std::uint8_t>& planes,
                                        const ImageLayout& layout) {
  std::vector<std::uint8_t> pixels(planes.size());
  const auto area = static_cast<std::size_t>(layout.height * layout.width),
             channels = static_cast<std::size_t>(layout.channels);
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t i = 0; i < area; ++i) pixels[i * channels + c] = planes[c * area + i];
  return pixels;
}

/// Rows as bytes; of images of reals in [0,1], times 255.
std::vector<std::uint8_t> image_bytes(const ArrayFile& file, const ArrayInfo& info,
                                      std::int64_t first, std::int64_t count) {
  if (info.element == Element::byte) return file.bytes(info.name, first, count);
  std::vector<std::uint8_t> bytes;
  for (const double value : file.numbers(info.name, first, count)) {
    if (!(value >= 0 && value <= 1))
      throw error("{} is an image of reals outside of 0 to 1 ({})", file.where(info.name), value);
    bytes.push_back(static_cast<std::uint8_t>(std::lround(255 * value)));
  }
  return bytes;
}

}  // namespace

std::int64_t ArrayInfo::columns() const {
  return io::elements_of({shape.empty() ? shape.begin() : shape.begin() + 1, shape.end()});
}

std::optional<ImageLayout> image_layout(const ArrayInfo& info) {
  constexpr std::int64_t kLeastSide = 8;  // smaller ones are grids of numbers
  const auto& s = info.shape;
  const auto sides = [&](std::size_t axis) {
    return s[axis] >= kLeastSide && s[axis + 1] >= kLeastSide;
  };
  const bool byte = info.element == Element::byte;
  if (!byte && !info.real) return std::nullopt;
  if (s.size() == 4 && is_channels(s[3]) && sides(1)) return ImageLayout{s[1], s[2], s[3], false};
  if (s.size() == 4 && is_channels(s[1]) && sides(2)) return ImageLayout{s[2], s[3], s[1], true};
  if (s.size() == 3 && byte && sides(1)) return ImageLayout{s[1], s[2], 1, false};
  return std::nullopt;
}

NextFrame frames(const ArrayFile& file, const ArrayInfo& info, std::int64_t first,
                 std::int64_t count) {
  const std::int64_t end = first + count;
  if (info.element == Element::encoded)
    return [file = file.shared_from_this(), info, next = first, end,
            rows = std::deque<std::vector<std::uint8_t>>()]() mutable {
      constexpr std::int64_t kAtOnce = 32;
      if (rows.empty()) {
        const std::int64_t n = std::min(kAtOnce, end - next);
        for (auto& row : file->encoded(info.name, next, n)) rows.push_back(std::move(row));
      }
      const auto bytes = std::move(rows.front());
      rows.pop_front();
      return with_context(fmt::format("{} row {}", file->where(info.name), next++),
                          [&] { return media::decode_image(bytes); });
    };
  const auto layout = image_layout(info);
  if (!layout) throw error("{} holds no images", file.where(info.name));
  const std::int64_t size = layout->height * layout->width * layout->channels;
  return [file = file.shared_from_this(), info, layout = *layout, size, next = first, end,
          begin = first, block = std::vector<std::uint8_t>()]() mutable {
    if ((next - begin) * size == static_cast<std::int64_t>(block.size())) {
      begin = next;
      block = image_bytes(*file, info, next,
                          std::min(std::max<std::int64_t>(kBlockBytes / size, 1), end - next));
    }
    const auto at = block.begin() + (next++ - begin) * size;
    std::vector<std::uint8_t> pixels(at, at + size);
    if (layout.channels_first) pixels = channels_last(pixels, layout);
    return Frame{layout.height, layout.width, layout.channels, std::move(pixels)};
  };
}

std::vector<ArrayInfo> arrays_under(const ArrayFile& file, const std::string& group) {
  constexpr std::size_t kMostArrays = 4096;
  constexpr std::int64_t kMostLevels = 64;  // a path is looked up level by level
  std::vector<ArrayInfo> found;
  std::vector<std::string> ahead = {group};
  while (!ahead.empty()) {
    const std::string at = std::move(ahead.back());
    ahead.pop_back();
    for (const std::string& name : file.names(at)) {
      const std::string inner = at.empty() ? name : at + "/" + name;
      if (found.size() + ahead.size() > kMostArrays)
        throw error("{}: more than {} arrays", file.where(group), kMostArrays);
      if (std::ranges::count(inner, '/') > kMostLevels)
        throw error("{}: groups in groups, more than {} levels", file.where(group), kMostLevels);
      if (file.is_group(inner))
        ahead.push_back(inner);
      else
        found.push_back(file.info(inner));
    }
  }
  std::ranges::sort(found, {}, &ArrayInfo::name);
  return found;
}

}  // namespace dreamer::logged
