#include "media/render_episode.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>

#include "core/error.h"
#include "media/layout.h"
#include "media/plot.h"

namespace dreamer::media {
namespace {

constexpr int kScreenHeight = 900, kScreenWidth = 1280;
constexpr int kStripHeight = 4000, kStripWidth = 1600;
constexpr std::int64_t kStripColumns = 10;

using data::Footage;

Picture frame_of(const Footage& footage, std::int64_t t, int scale) {
  const data::ImageShape& shape = footage.episode.image_shape;
  const auto picture = [&](std::span<const std::uint8_t> pixels) {
    return enlarge(picture_of(pixels, shape.height, shape.width, shape.channels), scale);
  };
  if (footage.draw) return picture(footage.draw(t));
  return picture(std::span(footage.episode.image).subspan(t * shape.pixels(), shape.pixels()));
}

void require_images(const std::vector<Footage>& episodes) {
  for (const auto& [episode, draw] : episodes)
    if (episode.image.empty() && !draw)
      throw error("episode {} of {}, seed {}, has no images; nothing to show", episode.index,
                  episode.task, episode.seed);
}

/// The size that frames of all the episodes fit in.
Layout layout_of(const std::vector<Footage>& episodes, std::int64_t scale) {
  std::int64_t height = 0, width = 0;
  for (const Footage& footage : episodes) {
    height = std::max(height, footage.episode.image_shape.height);
    width = std::max(width, footage.episode.image_shape.width);
  }
  return {scale, height, width};
}

bool of_one_task(const std::vector<Footage>& episodes) {
  return std::ranges::all_of(episodes, [&](const Footage& footage) {
    return footage.episode.task == episodes.front().episode.task;
  });
}

std::string name_of(const std::vector<Footage>& episodes) {
  return of_one_task(episodes) ? episodes.front().episode.task
                               : fmt::format("{} episodes", episodes.size());
}

/// The frames of one step of all episodes, as a clip draws them.
class Film {
 public:
  Film(std::vector<Footage> episodes, const RenderOptions& options)
      : episodes_(std::move(episodes)), overlay_(options.overlay), named_(!of_one_task(episodes_)) {
    const auto count = static_cast<std::int64_t>(episodes_.size());
    // a screen is wider than high
    const auto most = static_cast<std::int64_t>(std::ceil(std::sqrt(1.6 * count)));
    columns_ = options.columns > 0 ? static_cast<int>(options.columns) : even_columns(count, most);
    for (const Footage& footage : episodes_) {
      length_ = std::max(length_, footage.episode.length());
      range_.include(footage.episode.reward);
    }
    scale_ = fitting_scale(options.scale, kScreenHeight, kScreenWidth,
                           [this](std::int64_t scale) { return draw(0, scale); });
  }

  [[nodiscard]] std::int64_t length() const { return length_; }
  [[nodiscard]] Picture draw(std::int64_t t) const { return draw(t, scale_); }

 private:
  [[nodiscard]] Picture draw(std::int64_t t, std::int64_t scale) const {
    const Layout layout = layout_of(episodes_, scale);
    std::vector<Picture> cells;
    for (const Footage& footage : episodes_) cells.push_back(cell(footage, t, layout));
    const Picture body = grid(cells, columns_, layout.gap);
    if (!overlay_) return body;
    const std::size_t digits = std::to_string(length_ - 1).size();
    return titled(body, {name_of(episodes_)},
                  {fmt::format("step {:>{}}/{}", t, digits, length_ - 1), theme::kFaint}, layout);
  }

  [[nodiscard]] Picture cell(const Footage& footage, std::int64_t t, const Layout& layout) const {
    const data::Episode& episode = footage.episode;
    const std::int64_t last = episode.length() - 1, now = std::min(t, last);
    Picture tile = frame_of(footage, now, layout.scale);
    if (t > last) tile = faded(std::move(tile), 0.45);
    std::vector<Picture> parts;
    if (named_) parts.push_back(label({episode.task}, 11 * layout.text, layout.tile_width, layout));
    parts.push_back(std::move(tile));
    if (overlay_) {
      const std::vector<Curve> curves{{episode.reward, theme::kReward}};
      const PlotStyle style{layout.tile_width, 12 * layout.size + layout.tile_height / 4,
                            layout.size};
      parts.push_back(plot(curves, {"reward"}, range_, now, style));
    }
    return below(parts, overlay_ ? layout.gap : 0);
  }

  std::vector<Footage> episodes_;
  bool overlay_, named_;
  int columns_ = 1;
  std::int64_t length_ = 0, scale_ = 1;
  Range range_;
};

Picture draw_strip(const std::vector<Footage>& episodes, const RenderOptions& options,
                   std::int64_t scale) {
  const Layout layout = layout_of(episodes, scale);
  const std::int64_t columns = options.columns > 0 ? options.columns : kStripColumns;
  Range range;
  for (const Footage& footage : episodes) range.include(footage.episode.reward);

  std::vector<Picture> rows;
  for (const Footage& footage : episodes) {
    const data::Episode& episode = footage.episode;
    const std::int64_t last = episode.length() - 1, count = std::min(columns, last + 1);
    std::vector<Picture> tiles;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t t = count > 1 ? (i * last + (count - 1) / 2) / (count - 1) : 0;
      const std::vector<Picture> parts{
          label({fmt::format("{}", t), theme::kFaint}, 11 * layout.text, layout.tile_width, layout),
          frame_of(footage, t, layout.scale)};
      tiles.push_back(below(parts, 0));
    }
    Picture row = beside(tiles, layout.gap);
    if (options.overlay) {
      const std::vector<Curve> curves{{episode.reward, theme::kReward}};
      const PlotStyle style{row.width, 12 * layout.size + layout.tile_height / 3, layout.size};
      const std::vector<Picture> parts{std::move(row), plot(curves, {"reward"}, range, -1, style)};
      row = below(parts, layout.gap);
    }
    rows.push_back(std::move(row));
  }
  return titled(below(rows, 2 * layout.gap), {name_of(episodes)}, {"step", theme::kFaint}, layout);
}

}  // namespace

Clip episode_clip(std::vector<Footage> episodes, const RenderOptions& options) {
  require_images(episodes);
  const auto film = std::make_shared<const Film>(std::move(episodes), options);
  const Picture first = film->draw(0);
  return {film->length(), first.height, first.width,
          [film](std::int64_t t) { return film->draw(t); }};
}

Picture episode_still(std::vector<Footage> episodes, const RenderOptions& options) {
  require_images(episodes);
  const Film film(std::move(episodes), options);
  if (options.row >= film.length())
    throw usage_error("there is no row {}; the last one is {}", options.row, film.length() - 1);
  return film.draw(options.row);
}

Picture episode_strip(const std::vector<Footage>& episodes, const RenderOptions& options) {
  require_images(episodes);
  const auto draw = [&](std::int64_t scale) { return draw_strip(episodes, options, scale); };
  return draw(fitting_scale(options.scale, kStripHeight, kStripWidth, draw));
}

}  // namespace dreamer::media
