#include "media/render_dream.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <memory>
#include <span>
#include <utility>

#include "core/error.h"
#include "media/layout.h"
#include "media/plot.h"
#include "media/text.h"

namespace dreamer::media {
namespace {

constexpr Size kScreen{1000, 1400}, kStripScreen{4000, 1600};
constexpr std::int64_t kMostColumns = 8;  // of dreams in a row
constexpr std::int64_t kStripColumns = 11;
constexpr Size kPlotTile{120, 160};     // what stands for an image where there is none
constexpr int kStripPlot = 6;           // widths of it, of a plot in a strip
constexpr std::size_t kMostValues = 8;  // of vectors, plotted

/// A dream with what every frame of it needs.
class Scene {
 public:
  explicit Scene(data::Dream dream) : dream_(std::move(dream)) {
    add_values();
    if (!has_images() && values_of_vectors_.empty())
      throw error("this dream has neither images nor vectors; nothing to show");
    rewards_.include(dream_.reward);
    rewards_.include(dream_.truth_reward);
    values_.include(dream_.value);
  }

  [[nodiscard]] std::int64_t count() const { return dream_.starts; }
  [[nodiscard]] std::int64_t rows() const { return dream_.horizon; }
  [[nodiscard]] std::int64_t context() const { return dream_.context; }
  [[nodiscard]] bool has_images() const { return dream_.images.contains("image"); }
  /// Whether truth, model and error are shown one below the other.
  [[nodiscard]] bool has_truth() const { return dream_.truth_images.contains("image"); }
  [[nodiscard]] std::string name() const {
    return dream_.signature.task +
           (dream_.kind == data::DreamKind::policy ? ", dream of the policy" : ", open loop");
  }
  [[nodiscard]] Size frame_size() const {
    if (!has_images()) return kPlotTile;
    const ImageShape image = image_shape(dream_.signature);
    return {image.height, image.width};
  }

  /// Green while the model sees the truth, orange when it is on its own.
  [[nodiscard]] Color mark(std::int64_t t) const {
    return t < dream_.context ? theme::kObserved : theme::kPredicted;
  }

  /// The tiles of start `n` at row `t` from top to bottom: truth, model and error, or the model's
  /// alone. Without images the plots of the vectors.
  [[nodiscard]] std::vector<Canvas> tiles(std::int64_t n, std::int64_t t,
                                          const Layout& layout) const {
    if (!has_images()) return plots_of(vector_panels(), n, t, layout.tile_width, layout);
    const Canvas model = frame(dream_.images.at("image"), n, t);
    const auto tile = [&](const Canvas& canvas, Color color) {
      return border(enlarge(canvas, layout.scale), layout.frame, color);
    };
    if (!has_truth()) return {tile(model, mark(t))};
    const Canvas truth = frame(dream_.truth_images.at("image"), n, t);
    return {tile(truth, theme::kPanel), tile(model, mark(t)),
            tile(error_canvas(truth, model), theme::kPanel)};
  }

  /// The size of the tiles of a start, one below the other.
  [[nodiscard]] Size tiles_size(const Layout& layout) const {
    if (!has_images())
      return below(sizes_of(vector_panels(), Values::shown, layout.tile_width, layout), layout.gap);
    const Size tile{layout.tile_height + 2 * layout.frame, layout.tile_width + 2 * layout.frame};
    return below(std::vector<Size>(has_truth() ? 3 : 1, tile), layout.gap);
  }

  /// The curves of start `n`: a plot for the reward, one for the value where there is one, and for
  /// the vectors beside images.
  /// @param now the row of the cursor; negative: none
  [[nodiscard]] std::vector<Canvas> plots(std::int64_t n, std::int64_t now, int width,
                                          const Layout& layout) const {
    return plots_of(panels(), n, now, width, layout);
  }
  [[nodiscard]] std::vector<Size> plot_sizes(Values values, int width, const Layout& layout) const {
    return sizes_of(panels(), values, width, layout);
  }
  /// The curves of the vectors of start `n` over all rows.
  [[nodiscard]] std::vector<Canvas> vector_plots(std::int64_t n, int width,
                                                 const Layout& layout) const {
    return plots_of(vector_panels(), n, -1, width, layout);
  }
  [[nodiscard]] std::vector<Size> vector_plot_sizes(int width, const Layout& layout) const {
    return sizes_of(vector_panels(), Values::left_out, width, layout);
  }

  /// "truth", "model", "error" in a column beside the tiles.
  [[nodiscard]] static Canvas row_names(const Layout& layout) {
    std::vector<Canvas> names;
    const int height = layout.tile_height + 2 * layout.frame;
    for (const char* name : {"truth", "model", "error"})
      names.push_back(
          label({name, theme::kFaint}, height, text_width("truth", layout.text), layout));
    return below(names, layout.gap);
  }

 private:
  /// A plot under the tiles of every start.
  struct Panel {
    std::vector<std::string> names;
    std::vector<std::pair<std::span<const float>, Color>> curves;  // [N,H]
    Range range;
  };
  /// A value of a vector over all rows, [N,H].
  struct VectorValue {
    std::string name;  // "position 2"
    std::vector<float> model = {}, truth = {};
    Range range = {};
  };

  void add_values() {
    for (const auto& [name, values] : dream_.vectors) {
      const auto truth = dream_.truth_vectors.find(name);
      const std::int64_t rows = dream_.starts * dream_.horizon;
      const std::int64_t size = rows > 0 ? std::ssize(values) / rows : 0;
      for (std::int64_t k = 0; k < size && values_of_vectors_.size() < kMostValues; ++k) {
        VectorValue one{.name = size == 1 ? name : fmt::format("{} {}", name, k)};
        for (std::int64_t row = 0; row < rows; ++row) {
          one.model.push_back(values[row * size + k]);
          if (truth != dream_.truth_vectors.end())
            one.truth.push_back(truth->second[row * size + k]);
        }
        one.range.include(one.model);
        one.range.include(one.truth);
        values_of_vectors_.push_back(std::move(one));
      }
    }
  }

  [[nodiscard]] std::vector<Panel> vector_panels() const {
    std::vector<Panel> result;
    for (const VectorValue& value : values_of_vectors_) {
      Panel panel{{value.name}, {{value.model, theme::kPredicted}}, value.range};
      if (!value.truth.empty()) {
        panel.names.emplace_back("true");
        panel.curves.emplace_back(value.truth, theme::kTruth);
      }
      result.push_back(std::move(panel));
    }
    return result;
  }

  [[nodiscard]] std::vector<Canvas> plots_of(const std::vector<Panel>& panels, std::int64_t n,
                                             std::int64_t now, int width,
                                             const Layout& layout) const {
    std::vector<Canvas> result;
    for (const Panel& panel : panels) {
      std::vector<Curve> curves;
      for (const auto& [values, color] : panel.curves) curves.push_back({track(values, n), color});
      result.push_back(
          plot(curves, panel.names, panel.range, now,
               style(panel, now < 0 ? Values::left_out : Values::shown, width, layout)));
    }
    return result;
  }
  [[nodiscard]] static std::vector<Size> sizes_of(const std::vector<Panel>& panels, Values values,
                                                  int width, const Layout& layout) {
    std::vector<Size> result;
    for (const Panel& panel : panels) {
      const PlotStyle look = style(panel, values, width, layout);
      result.push_back({look.height, look.width});
    }
    return result;
  }

  [[nodiscard]] std::vector<Panel> panels() const {
    std::vector<Panel> result{{{"reward"}, {{dream_.reward, theme::kReward}}, rewards_}};
    if (!dream_.truth_reward.empty()) {
      result.front().names.emplace_back("true");
      result.front().curves.emplace_back(dream_.truth_reward, theme::kTruth);
    }
    if (!dream_.value.empty())
      result.push_back({{"value"}, {{dream_.value, theme::kValue}}, values_});
    if (has_images()) std::ranges::move(vector_panels(), std::back_inserter(result));
    return result;
  }
  [[nodiscard]] static PlotStyle style(const Panel& panel, Values values, int width,
                                       const Layout& layout) {
    return plot_style(panel.names, panel.range, values, width,
                      3 * layout.size + layout.tile_height / 4, layout.size);
  }
  [[nodiscard]] Canvas frame(std::span<const std::uint8_t> images, std::int64_t n,
                             std::int64_t t) const {
    const ImageShape shape = image_shape(dream_.signature);
    const std::int64_t pixels = shape.size();
    return canvas_of(images.subspan((n * dream_.horizon + t) * pixels, pixels), shape.height,
                     shape.width, shape.channels);
  }
  /// The row of start `n` in a track [N,H].
  [[nodiscard]] std::span<const float> track(std::span<const float> values, std::int64_t n) const {
    return values.subspan(n * dream_.horizon, dream_.horizon);
  }

  data::Dream dream_;
  std::vector<VectorValue> values_of_vectors_;
  Range rewards_, values_;
};

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
  DreamRenderer(std::shared_ptr<const Scene> scene, const RenderOptions& options)
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
      if (scene_->has_truth()) line.push_back(scene_->row_names(layout_));
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

  std::shared_ptr<const Scene> scene_;
  bool overlay_;
  std::int64_t columns_;
  Layout layout_;
};

/// Time from left to right, the starts one below the other.
class Strip {
 public:
  Strip(const Scene& scene, const RenderOptions& options)
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
    if (scene_.has_truth()) columns.push_back(scene_.row_names(layout_));
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

  const Scene& scene_;
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
  const auto scene = std::make_shared<const Scene>(std::move(dream));
  const auto renderer = std::make_shared<const DreamRenderer>(scene, options);
  return {scene->rows(), static_cast<int>(renderer->size().height),
          static_cast<int>(renderer->size().width),
          [renderer](std::int64_t t) { return renderer->draw(t); }};
}

Canvas dream_strip(data::Dream dream, const RenderOptions& options) {
  const Scene scene(std::move(dream));
  return Strip(scene, options).draw();
}

}  // namespace dreamer::media
