#include "media/render_episode.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "core/error.h"
#include "media/cameras.h"
#include "media/layout.h"
#include "media/plot.h"

namespace dreamer::media {
namespace {

constexpr Size kScreen{900, 1280}, kStripScreen{4000, 1600};
constexpr std::int64_t kStripColumns = 10;
constexpr int kHeadHeight = 11;  // of a label above a frame, in font pixels

using data::EpisodeFrames;

std::vector<Space> shown_cameras(const EpisodeFrames& source) {
  const data::Episode& episode = source.episode;
  return source.draw ? cameras_of(episode.signature)
                     : cameras_of(episode.signature, episode.images);
}

/// Side by side what all cameras saw.
Canvas frame_of(const EpisodeFrames& source, std::int64_t t, int scale) {
  const data::Episode& episode = source.episode;
  const auto where = fmt::format("row {} of episode {} of {}, seed {}", t, episode.index,
                                 episode.signature.task, episode.seed);
  const auto frames = with_context(where, [&] {
    return source.draw ? frames_of(shown_cameras(source), source.draw(t), 0)
                       : frames_of(shown_cameras(source), episode.images, t);
  });
  return enlarge(together(frames), scale);
}

Size frame_size(const EpisodeFrames& source) { return together(shown_cameras(source)); }

void require_images(const std::vector<EpisodeFrames>& episodes) {
  for (const EpisodeFrames& source : episodes)
    if (shown_cameras(source).empty())
      throw error("episode {} of {}, seed {}, has no images; nothing to show", source.episode.index,
                  source.episode.signature.task, source.episode.seed);
}

/// The size that frames of all the episodes fit in.
Size frame_size(const std::vector<EpisodeFrames>& episodes) {
  Size size;
  for (const EpisodeFrames& source : episodes) {
    const Size own = frame_size(source);
    size = {std::max(size.height, own.height), std::max(size.width, own.width)};
  }
  return size;
}

Range reward_range(const std::vector<EpisodeFrames>& episodes) {
  Range range;
  for (const EpisodeFrames& source : episodes) range.include(source.episode.reward);
  return range;
}

std::vector<std::string> plotted() { return {"reward"}; }

Canvas reward_plot(const data::Episode& episode, Range range, std::int64_t now,
                   const PlotStyle& style) {
  const std::vector<Curve> curves{{episode.reward, theme::kReward}};
  return plot(curves, plotted(), range, now, style);
}

bool of_one_task(const std::vector<EpisodeFrames>& episodes) {
  return std::ranges::all_of(episodes, [&](const EpisodeFrames& source) {
    return source.episode.signature.task == episodes.front().episode.signature.task;
  });
}

std::string name_of(const std::vector<EpisodeFrames>& episodes) {
  return of_one_task(episodes) ? episodes.front().episode.signature.task
                               : fmt::format("{} episodes", episodes.size());
}

/// The frames of one step of all episodes, as a clip or a canvas of `most_pixels` at most draws
/// them.
class EpisodeRenderer {
 public:
  EpisodeRenderer(std::vector<EpisodeFrames> episodes, const RenderOptions& options,
                  std::int64_t most_pixels)
      : episodes_(std::move(episodes)),
        overlay_(options.overlay),
        named_(!of_one_task(episodes_)),
        range_(reward_range(episodes_)),
        layout_(1, 0, 0) {
    // a screen is wider than high
    const auto most = static_cast<std::int64_t>(std::ceil(std::sqrt(1.6 * count())));
    columns_ =
        options.columns > 0 ? std::min(options.columns, count()) : even_columns(count(), most);
    for (const EpisodeFrames& source : episodes_)
      length_ = std::max(length_, source.episode.length());
    layout_ = fitted({.frame = frame_size(episodes_),
                      .screen = kScreen,
                      .most_pixels = most_pixels,
                      .options = options,
                      .measure = [this](const Layout& layout) { return size(layout); }});
  }

  [[nodiscard]] std::int64_t length() const { return length_; }
  [[nodiscard]] Size size() const { return size(layout_); }

  [[nodiscard]] Canvas draw(std::int64_t t) const {
    const Size whole = grid_size(layout_), cell = cell_size(layout_);
    Canvas body(static_cast<int>(whole.height), static_cast<int>(whole.width));
    for (std::int64_t i = 0; i < count(); ++i)
      paste(body, draw_cell(episodes_[static_cast<std::size_t>(i)], t),
            static_cast<int>(i / columns_ * (cell.height + layout_.gap)),
            static_cast<int>(i % columns_ * (cell.width + layout_.gap)));
    if (!overlay_) return body;
    return titled(body, {name_of(episodes_)}, {state(t), theme::kFaint}, layout_);
  }

 private:
  [[nodiscard]] std::int64_t count() const { return std::ssize(episodes_); }

  /// The same width for every row.
  [[nodiscard]] std::string state(std::int64_t t) const {
    const std::size_t digits = std::to_string(length_ - 1).size();
    return fmt::format("step {:>{}}/{}", t, digits, length_ - 1);
  }

  [[nodiscard]] PlotStyle style(const Layout& layout) const {
    return plot_style(plotted(), range_, Values::shown, layout.tile_width,
                      3 * layout.size + layout.tile_height / 4, layout.size);
  }

  // A cell is below() of a name, a frame and a plot, the grid rows of cells of equal size.
  [[nodiscard]] Size cell_size(const Layout& layout) const {
    std::vector<Size> parts;
    if (named_) parts.push_back({kHeadHeight * layout.text, layout.tile_width});
    parts.push_back({layout.tile_height, layout.tile_width});
    if (overlay_) parts.push_back({style(layout).height, style(layout).width});
    return below(parts, overlay_ ? layout.gap : 0);
  }
  [[nodiscard]] Size grid_size(const Layout& layout) const {
    const Size cell = cell_size(layout);
    const std::int64_t rows = (count() + columns_ - 1) / columns_;
    return {rows * (cell.height + layout.gap) - layout.gap,
            columns_ * (cell.width + layout.gap) - layout.gap};
  }
  [[nodiscard]] Size size(const Layout& layout) const {
    const Size body = grid_size(layout);
    return overlay_ ? titled(body, name_of(episodes_), state(0), layout) : body;
  }

  [[nodiscard]] Canvas draw_cell(const EpisodeFrames& source, std::int64_t t) const {
    const data::Episode& episode = source.episode;
    const std::int64_t last = episode.length() - 1, now = std::min(t, last);
    Canvas tile = frame_of(source, now, layout_.scale);
    if (t > last) tile = faded(std::move(tile), 0.45);
    std::vector<Canvas> parts;
    if (named_)
      parts.push_back(
          label({episode.signature.task}, kHeadHeight * layout_.text, layout_.tile_width, layout_));
    parts.push_back(std::move(tile));
    if (overlay_) parts.push_back(reward_plot(episode, range_, now, style(layout_)));
    return below(parts, overlay_ ? layout_.gap : 0);
  }

  std::vector<EpisodeFrames> episodes_;
  bool overlay_, named_;
  Range range_;
  std::int64_t columns_ = 1, length_ = 0;
  Layout layout_;
};

/// Frames of each episode, evenly spaced, in a row an episode.
class Strip {
 public:
  Strip(const std::vector<EpisodeFrames>& episodes, const RenderOptions& options)
      : episodes_(episodes),
        overlay_(options.overlay),
        columns_(options.columns > 0 ? options.columns : kStripColumns),
        range_(reward_range(episodes)),
        layout_(fitted({.frame = frame_size(episodes),
                        .screen = kStripScreen,
                        .most_pixels = kMostStillPixels,
                        .options = options,
                        .measure = [this](const Layout& layout) { return size(layout); }})) {}

  [[nodiscard]] Canvas draw() const {
    const Size whole = body_size(layout_);
    Canvas body(static_cast<int>(whole.height), static_cast<int>(whole.width));
    int y = 0;
    for (const EpisodeFrames& source : episodes_) {
      const Canvas row = draw_row(source);
      paste(body, row, y, 0);
      y += row.height + 2 * layout_.gap;
    }
    return titled(body, {name_of(episodes_)}, {kState, theme::kFaint}, layout_);
  }

 private:
  static constexpr const char* kState = "step";

  [[nodiscard]] std::int64_t columns(const EpisodeFrames& source) const {
    return std::min(columns_, source.episode.length());
  }
  [[nodiscard]] PlotStyle style(int width, const Layout& layout) const {
    return plot_style(plotted(), range_, Values::left_out, width,
                      3 * layout.size + layout.tile_height / 3, layout.size);
  }

  [[nodiscard]] Size row_size(const EpisodeFrames& source, const Layout& layout) const {
    const std::int64_t count = columns(source);
    Size row{kHeadHeight * layout.text + frame_size(source).height * layout.scale,
             count * (layout.tile_width + layout.gap) - layout.gap};
    if (!overlay_ || row.width > kLongestSide) return row;  // too wide to be drawn, or even counted
    const PlotStyle below = style(static_cast<int>(row.width), layout);
    return {row.height + layout.gap + below.height, below.width};
  }
  [[nodiscard]] Size body_size(const Layout& layout) const {
    std::vector<Size> rows;
    for (const EpisodeFrames& source : episodes_) rows.push_back(row_size(source, layout));
    return below(rows, 2 * layout.gap);
  }
  [[nodiscard]] Size size(const Layout& layout) const {
    return titled(body_size(layout), name_of(episodes_), kState, layout);
  }

  [[nodiscard]] Canvas draw_row(const EpisodeFrames& source) const {
    const data::Episode& episode = source.episode;
    const std::int64_t last = episode.length() - 1, count = columns(source);
    std::vector<Canvas> tiles;
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t t = count > 1 ? (i * last + (count - 1) / 2) / (count - 1) : 0;
      const std::vector<Canvas> parts{
          label({fmt::format("{}", t), theme::kFaint}, kHeadHeight * layout_.text,
                layout_.tile_width, layout_),
          frame_of(source, t, layout_.scale)};
      tiles.push_back(below(parts, 0));
    }
    Canvas row = beside(tiles, layout_.gap);
    if (!overlay_) return row;
    const PlotStyle under = style(row.width, layout_);
    const std::vector<Canvas> parts{std::move(row), reward_plot(episode, range_, -1, under)};
    return below(parts, layout_.gap);
  }

  const std::vector<EpisodeFrames>& episodes_;
  bool overlay_;
  std::int64_t columns_;
  Range range_;
  Layout layout_;
};

}  // namespace

Clip episode_clip(std::vector<EpisodeFrames> episodes, const RenderOptions& options) {
  require_images(episodes);
  const auto renderer =
      std::make_shared<const EpisodeRenderer>(std::move(episodes), options, kMostFramePixels);
  return {renderer->length(), static_cast<int>(renderer->size().height),
          static_cast<int>(renderer->size().width),
          [renderer](std::int64_t t) { return renderer->draw(t); }};
}

Canvas episode_still(std::vector<EpisodeFrames> episodes, const RenderOptions& options) {
  require_images(episodes);
  const EpisodeRenderer renderer(std::move(episodes), options, kMostStillPixels);
  if (options.row >= renderer.length())
    throw usage_error("there is no row {}; the last one is {}", options.row, renderer.length() - 1);
  return renderer.draw(options.row);
}

Canvas episode_strip(const std::vector<EpisodeFrames>& episodes, const RenderOptions& options) {
  require_images(episodes);
  return Strip(episodes, options).draw();
}

}  // namespace dreamer::media
