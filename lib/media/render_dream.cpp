#include "media/render_dream.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>

#include "core/error.h"
#include "media/layout.h"
#include "media/plot.h"
#include "media/text.h"

namespace dreamer::media {
namespace {

constexpr int kScreenHeight = 1000, kScreenWidth = 1400;
constexpr int kStripHeight = 4000, kStripWidth = 1600;
constexpr std::int64_t kMostColumns = 8;  // of dreams in a row
constexpr std::int64_t kStripColumns = 11;

/// A dream with what every frame of it needs.
class Scene {
 public:
  explicit Scene(data::Dream dream) : dream_(std::move(dream)) {
    if (dream_.image.empty()) throw error("this dream has no images; nothing to show");
    rewards_.include(dream_.reward);
    rewards_.include(dream_.truth_reward);
    values_.include(dream_.value);
  }

  [[nodiscard]] std::int64_t count() const { return dream_.starts; }
  [[nodiscard]] std::int64_t rows() const { return dream_.horizon; }
  [[nodiscard]] std::int64_t context() const { return dream_.context; }
  [[nodiscard]] bool has_truth() const { return !dream_.truth_image.empty(); }
  [[nodiscard]] std::string name() const {
    return dream_.task +
           (dream_.kind == data::DreamKind::policy ? ", dream of the policy" : ", open loop");
  }
  [[nodiscard]] Layout layout(std::int64_t scale) const {
    return {scale, dream_.image_shape.height, dream_.image_shape.width};
  }

  /// Green while the model sees the truth, orange when it is on its own.
  [[nodiscard]] Color mark(std::int64_t t) const {
    return t < dream_.context ? theme::kObserved : theme::kPredicted;
  }

  /// The tiles of start `n` at row `t` from top to bottom: truth, model and error, or the model's
  /// alone.
  [[nodiscard]] std::vector<Picture> tiles(std::int64_t n, std::int64_t t,
                                           const Layout& layout) const {
    const Picture model = frame(dream_.image, n, t);
    const auto tile = [&](const Picture& picture, Color color) {
      return border(enlarge(picture, layout.scale), layout.frame, color);
    };
    std::vector<Picture> result;
    if (!has_truth()) return {tile(model, mark(t))};
    const Picture truth = frame(dream_.truth_image, n, t);
    return {tile(truth, theme::kPanel), tile(model, mark(t)),
            tile(error_picture(truth, model), theme::kPanel)};
  }

  /// The curves of start `n`, one plot for the reward and one for the value where there is one.
  /// @param now the row of the cursor; negative: none
  [[nodiscard]] std::vector<Picture> plots(std::int64_t n, std::int64_t now, int width,
                                           const Layout& layout) const {
    const PlotStyle style{width, 12 * layout.size + layout.tile_height / 4, layout.size};
    std::vector<Curve> curves{{track(dream_.reward, n), theme::kReward}};
    std::vector<std::string> names{"reward"};
    if (!dream_.truth_reward.empty()) {
      curves.push_back({track(dream_.truth_reward, n), theme::kTruth});
      names.emplace_back("true");
    }
    std::vector<Picture> result{plot(curves, names, rewards_, now, style)};
    if (!dream_.value.empty()) {
      const std::vector<Curve> value{{track(dream_.value, n), theme::kValue}};
      result.push_back(plot(value, {"value"}, values_, now, style));
    }
    return result;
  }

  /// "truth", "model", "error" in a column beside the tiles.
  [[nodiscard]] Picture row_names(const Layout& layout) const {
    std::vector<Picture> names;
    const int height = layout.tile_height + 2 * layout.frame;
    for (const char* name : {"truth", "model", "error"})
      names.push_back(
          label({name, theme::kFaint}, height, text_width("truth", layout.text), layout));
    return below(names, layout.gap);
  }

 private:
  [[nodiscard]] Picture frame(std::span<const std::uint8_t> images, std::int64_t n,
                              std::int64_t t) const {
    const data::ImageShape& shape = dream_.image_shape;
    const std::int64_t pixels = shape.pixels();
    return picture_of(images.subspan((n * dream_.horizon + t) * pixels, pixels), shape.height,
                      shape.width, shape.channels);
  }
  /// The row of start `n` in a track [N,H].
  [[nodiscard]] std::span<const float> track(std::span<const float> values, std::int64_t n) const {
    return values.subspan(n * dream_.horizon, dream_.horizon);
  }

  data::Dream dream_;
  Range rewards_, values_;
};

/// The first of 1, 2, 5, 10, 20, 50, … that is at least `least`.
std::int64_t round_step(std::int64_t least) {
  for (std::int64_t tens = 1;; tens *= 10)
    for (const std::int64_t digit : {1, 2, 5})
      if (digit * tens >= least) return digit * tens;
}

Picture draw_frame(const Scene& scene, const RenderOptions& options, std::int64_t t,
                   std::int64_t scale) {
  const Layout layout = scene.layout(scale);
  const int columns = options.columns > 0 ? static_cast<int>(options.columns)
                                          : even_columns(scene.count(), kMostColumns);
  std::vector<Picture> lines;
  for (std::int64_t first = 0; first < scene.count(); first += columns) {
    std::vector<Picture> line;
    if (scene.has_truth()) line.push_back(scene.row_names(layout));
    for (std::int64_t n = first; n < std::min(first + columns, scene.count()); ++n) {
      std::vector<Picture> parts = scene.tiles(n, t, layout);
      if (options.overlay) {
        const int width = parts.front().width;
        for (Picture& plot : scene.plots(n, t, width, layout)) parts.push_back(std::move(plot));
      }
      line.push_back(below(parts, layout.gap));
    }
    lines.push_back(beside(line, 2 * layout.gap));
  }
  // of the same width in every frame, so that nothing jumps
  const std::int64_t ahead = t - scene.context() + 1;
  const std::string state = ahead > 0 ? fmt::format("prediction +{:<3}", ahead)
                                      : fmt::format("sees truth {:>2}/{}", t + 1, scene.context());
  return titled(below(lines, 3 * layout.gap), {scene.name()},
                {fmt::format("{:<15}", state), scene.mark(t)}, layout);
}

Picture draw_strip(const Scene& scene, const RenderOptions& options, std::int64_t scale) {
  const Layout layout = scene.layout(scale);
  const std::vector<std::int64_t> rows = strip_rows(
      scene.context(), scene.rows(), options.columns > 0 ? options.columns : kStripColumns);
  const int names_width = scene.has_truth() ? text_width("truth", layout.text) : 0;

  std::vector<Picture> heads{Picture(text_height(layout.text), names_width)};
  for (const std::int64_t t : rows) {
    const std::int64_t ahead = t - scene.context() + 1;
    heads.push_back(label({ahead > 0 ? fmt::format("+{}", ahead) : "seen", scene.mark(t)},
                          text_height(layout.text), layout.tile_width + 2 * layout.frame, layout));
  }
  if (!scene.has_truth()) heads.erase(heads.begin());
  std::vector<Picture> lines{beside(heads, layout.gap)};
  for (std::int64_t n = 0; n < scene.count(); ++n) {
    std::vector<Picture> columns;
    if (scene.has_truth()) columns.push_back(scene.row_names(layout));
    for (const std::int64_t t : rows)
      columns.push_back(below(scene.tiles(n, t, layout), layout.gap));
    std::vector<Picture> parts{beside(columns, layout.gap)};
    if (options.overlay)
      for (Picture& plot : scene.plots(n, -1, parts.front().width, layout))
        parts.push_back(std::move(plot));
    lines.push_back(below(parts, layout.gap));
  }
  return titled(below(lines, 2 * layout.gap), {scene.name()},
                {fmt::format("context {}", scene.context()), theme::kObserved}, layout);
}

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
  RenderOptions fitted = options;
  fitted.scale = fitting_scale(options.scale, kScreenHeight, kScreenWidth, [&](std::int64_t scale) {
    return draw_frame(*scene, options, 0, scale);
  });
  const auto draw = [scene, fitted](std::int64_t t) {
    return draw_frame(*scene, fitted, t, fitted.scale);
  };
  const Picture first = draw(0);
  return {scene->rows(), first.height, first.width, draw};
}

Picture dream_strip(const data::Dream& dream, const RenderOptions& options) {
  const Scene scene(dream);
  const auto draw = [&](std::int64_t scale) { return draw_strip(scene, options, scale); };
  return draw(fitting_scale(options.scale, kStripHeight, kStripWidth, draw));
}

}  // namespace dreamer::media
