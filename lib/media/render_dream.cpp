#include "media/render_dream.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <memory>
#include <utility>

#include "media/dream_scene.h"
#include "media/layout.h"
#include "media/plot.h"
#include "media/text.h"

namespace dreamer::media {
namespace {

constexpr Size kScreen{1000, 1400}, kStripScreen{4000, 1600};
constexpr std::int64_t kMostColumns = 8;  // of dreams in a row
constexpr std::int64_t kStripColumns = 11;
constexpr int kStripPlot = 6;  // widths of what stands for an image, of a plot in a strip

/// The first of 1, 2, 5, 10, 20, 50, … that is at least `least`.
std::int64_t round_step(std::int64_t least) {
  for (std::int64_t tens = 1; tens <= std::numeric_limits<std::int64_t>::max() / 10; tens *= 10)
    for (const std::int64_t digit : {1, 2, 5})
      if (digit * tens >= least) return digit * tens;
  return least;
}

/// The dreams side by side at one row.
class DreamRenderer {
 public:
  DreamRenderer(std::shared_ptr<const DreamScene> scene, const RenderOptions& options)
      : scene_(std::move(scene)),
        overlay_(options.overlay),
        columns_(options.columns > 0 ? std::min(options.columns, scene_->count())
                                     : even_columns(scene_->count(), kMostColumns)),
        layout_(fitted({.frame = scene_->frame_size(),
                        .screen = kScreen,
                        .most_pixels = kMostFramePixels,
                        .options = options,
                        .measure = [this](const Layout& layout) { return size(layout); }})) {}

  [[nodiscard]] Size size() const { return size(layout_); }

  [[nodiscard]] Canvas draw(std::int64_t t) const {
    std::vector<Canvas> lines;
    for (std::int64_t first = 0; first < scene_->count(); first += columns_) {
      std::vector<Canvas> line;
      if (scene_->has_truth()) line.push_back(DreamScene::row_names(layout_));
      for (std::int64_t n = first; n < std::min(first + columns_, scene_->count()); ++n)
        line.push_back(draw_column(n, t));
      lines.push_back(beside(line, 2 * layout_.gap));
    }
    return titled(below(lines, 3 * layout_.gap), {scene_->name()}, {state(t), scene_->mark(t)},
                  layout_);
  }

 private:
  [[nodiscard]] Canvas draw_column(std::int64_t n, std::int64_t t) const {
    std::vector<Canvas> parts = scene_->tiles(n, t, layout_);
    if (overlay_) {
      const int width = parts.front().width;
      for (Canvas& plot : scene_->plots(n, t, width, layout_)) parts.push_back(std::move(plot));
    }
    return below(parts, layout_.gap);
  }

  /// Of the same width in every frame, so that nothing jumps.
  [[nodiscard]] std::string state(std::int64_t t) const {
    const std::int64_t context = scene_->context();
    const auto sees = [&](std::int64_t row) {
      return fmt::format("sees truth {:>2}/{}", row, context);
    };
    const auto ahead = [&](std::int64_t rows) { return fmt::format("prediction +{:<3}", rows); };
    return fmt::format("{:<{}}", t < context ? sees(t + 1) : ahead(t - context + 1),
                       std::max(sees(context).size(), ahead(scene_->rows()).size()));
  }

  [[nodiscard]] Size size(const Layout& layout) const {
    const Size tiles = scene_->tiles_size(layout);
    std::vector<Size> parts{tiles};
    if (overlay_)
      std::ranges::move(scene_->plot_sizes(Values::shown, static_cast<int>(tiles.width), layout),
                        std::back_inserter(parts));
    std::vector<Size> line(static_cast<std::size_t>(columns_), below(parts, layout.gap));
    if (scene_->has_truth()) line.push_back({0, text_width("truth", layout.text)});
    const std::int64_t lines = (scene_->count() + columns_ - 1) / columns_;
    const std::vector<Size> all(static_cast<std::size_t>(lines), beside(line, 2 * layout.gap));
    return titled(below(all, 3 * layout.gap), scene_->name(), state(0), layout);
  }

  std::shared_ptr<const DreamScene> scene_;
  bool overlay_;
  std::int64_t columns_;
  Layout layout_;
};

/// Time from left to right, the starts one below the other.
class Strip {
 public:
  Strip(const DreamScene& scene, const RenderOptions& options)
      : scene_(scene),
        overlay_(options.overlay),
        rows_(strip_rows(scene.context(), scene.rows(),
                         options.columns > 0 ? options.columns : kStripColumns)),
        layout_(fitted({.frame = scene.frame_size(),
                        .screen = kStripScreen,
                        .most_pixels = kMostStillPixels,
                        .options = options,
                        .measure = [this](const Layout& layout) { return size(layout); }})) {}

  [[nodiscard]] Canvas draw() const {
    std::vector<Canvas> lines;
    if (scene_.has_images()) lines.push_back(draw_heads());
    for (std::int64_t n = 0; n < scene_.count(); ++n) lines.push_back(draw_start(n));
    return titled(below(lines, 2 * layout_.gap), {scene_.name()}, {state(), theme::kObserved},
                  layout_);
  }

 private:
  [[nodiscard]] std::string state() const { return fmt::format("context {}", scene_.context()); }

  [[nodiscard]] Canvas draw_heads() const {
    const int height = text_height(layout_.text);
    std::vector<Canvas> heads;
    if (scene_.has_truth()) heads.emplace_back(height, text_width("truth", layout_.text));
    for (const std::int64_t t : rows_) {
      const std::int64_t ahead = t - scene_.context() + 1;
      heads.push_back(label({ahead > 0 ? fmt::format("+{}", ahead) : "seen", scene_.mark(t)},
                            height, layout_.tile_width + 2 * layout_.frame, layout_));
    }
    return beside(heads, layout_.gap);
  }

  [[nodiscard]] Canvas draw_start(std::int64_t n) const {
    if (!scene_.has_images()) {
      const int width = kStripPlot * layout_.tile_width;
      std::vector<Canvas> plots = scene_.vector_plots(n, width, layout_);
      if (overlay_)
        std::ranges::move(scene_.plots(n, -1, width, layout_), std::back_inserter(plots));
      return below(plots, layout_.gap);
    }
    std::vector<Canvas> columns;
    if (scene_.has_truth()) columns.push_back(DreamScene::row_names(layout_));
    for (const std::int64_t t : rows_)
      columns.push_back(below(scene_.tiles(n, t, layout_), layout_.gap));
    std::vector<Canvas> parts{beside(columns, layout_.gap)};
    if (overlay_)
      for (Canvas& plot : scene_.plots(n, -1, parts.front().width, layout_))
        parts.push_back(std::move(plot));
    return below(parts, layout_.gap);
  }

  [[nodiscard]] Size size(const Layout& layout) const {
    if (!scene_.has_images()) {
      const int width = kStripPlot * layout.tile_width;
      std::vector<Size> plots = scene_.vector_plot_sizes(width, layout);
      if (overlay_)
        std::ranges::move(scene_.plot_sizes(Values::left_out, width, layout),
                          std::back_inserter(plots));
      const std::vector<Size> starts(static_cast<std::size_t>(scene_.count()),
                                     below(plots, layout.gap));
      return titled(below(starts, 2 * layout.gap), scene_.name(), state(), layout);
    }
    std::vector<Size> columns(rows_.size(), scene_.tiles_size(layout));
    if (scene_.has_truth()) columns.push_back({0, text_width("truth", layout.text)});
    std::vector<Size> parts{beside(columns, layout.gap)};
    if (overlay_ && parts.front().width <= kLongestSide)  // else too wide to be drawn
      std::ranges::move(
          scene_.plot_sizes(Values::left_out, static_cast<int>(parts.front().width), layout),
          std::back_inserter(parts));
    std::vector<Size> lines(static_cast<std::size_t>(scene_.count()), below(parts, layout.gap));
    lines.push_back({text_height(layout.text), 0});
    return titled(below(lines, 2 * layout.gap), scene_.name(), state(), layout);
  }

  const DreamScene& scene_;
  bool overlay_;
  std::vector<std::int64_t> rows_;
  Layout layout_;
};

}  // namespace

std::vector<std::int64_t> strip_rows(std::int64_t context, std::int64_t rows, std::int64_t most) {
  std::vector<std::int64_t> result;
  if (context > 0 && most > 1) result.push_back(std::min(context, rows) - 1);
  const std::int64_t ahead = rows - context;
  if (ahead < 1) return result.empty() ? std::vector<std::int64_t>{rows - 1} : result;
  // every step if there is room for it; else the first, then multiples of a round number
  const std::int64_t room = std::max<std::int64_t>(most - std::ssize(result), 1);
  std::int64_t step = 1;
  if (ahead > room) {
    step = round_step(room > 1 ? (ahead + room - 2) / (room - 1) : ahead);
    result.push_back(context);
  }
  for (std::int64_t at = step; at <= ahead && std::ssize(result) < most; at += step)
    result.push_back(context + at - 1);
  return result;
}

Clip dream_clip(data::Dream dream, const RenderOptions& options) {
  const auto scene = std::make_shared<const DreamScene>(std::move(dream));
  const auto renderer = std::make_shared<const DreamRenderer>(scene, options);
  return {scene->rows(), static_cast<int>(renderer->size().height),
          static_cast<int>(renderer->size().width),
          [renderer](std::int64_t t) { return renderer->draw(t); }};
}

Canvas dream_strip(data::Dream dream, const RenderOptions& options) {
  const DreamScene scene(std::move(dream));
  return Strip(scene, options).draw();
}

}  // namespace dreamer::media
