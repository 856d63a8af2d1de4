#include "media/plot.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "media/text.h"

namespace dreamer::media {
namespace {

/// Maps (step, value) to pixels of the panel, `margin` pixels inside of it.
struct Axes {
  std::int64_t steps;
  Range range;
  int top, height, width, size;

  [[nodiscard]] int x(std::int64_t step) const {
    const int room = width - 3 * size;
    return size + static_cast<int>(steps > 1 ? step * room / (steps - 1) : 0);
  }
  [[nodiscard]] int y(double value) const {
    const double span = range.high - range.low;
    const double share = span > 0 ? (value - range.low) / span : 0;
    return top + height - 3 * size - static_cast<int>(std::lround(share * (height - 5 * size)));
  }
};

/// The line from one step to the next: in every column the span of rows that it crosses.
void segment(Canvas& canvas, const Axes& axes, std::int64_t step, double from, double to,
             Color color) {
  const int x0 = axes.x(step), x1 = axes.x(step + 1), y0 = axes.y(from), y1 = axes.y(to);
  const int columns = std::max(x1 - x0, 1);
  int previous = y0;
  for (int i = 0; i <= columns; ++i) {
    const int y = y0 + (y1 - y0) * i / columns;
    const int upper = std::min(previous, y), lower = std::max(previous, y);
    canvas.fill(upper, std::min(x0 + i, x1), lower - upper + axes.size, axes.size, color);
    previous = y;
  }
}

void draw_curve(Canvas& canvas, const Axes& axes, const Curve& curve, std::int64_t first,
                std::int64_t last, Color color) {
  for (std::int64_t t = first; t < last; ++t) {
    const float from = curve.values[t], to = curve.values[t + 1];
    if (std::isfinite(from) && std::isfinite(to)) segment(canvas, axes, t, from, to, color);
  }
}

/// A value as it stands behind its name.
std::string value_text(double value) {
  const double size = std::abs(value);
  if (size >= 1e7 && std::isfinite(value)) return fmt::format("{:.1e}", value);
  return fmt::format("{:.{}f}", value, size < 99.995F ? 2 : 0);
}

/// The most characters of a value in the range. Just below 100 there are most decimals.
std::size_t longest_value(Range range) {
  std::size_t longest = 0;
  for (const double value :
       {range.low, range.high, std::max(range.low, -99.99), std::min(range.high, 99.99)})
    longest = std::max(longest, value_text(value).size());
  return longest;
}

int gap_of(int size) { return 12 * size; }

}  // namespace

void Range::include(std::span<const float> values) {
  for (const float value : values)
    if (std::isfinite(value)) {
      low = std::min(low, static_cast<double>(value));
      high = std::max(high, static_cast<double>(value));
    }
}

Caption caption_of(const std::vector<std::string>& names, Range range, Values values, int width,
                   int size) {
  const std::string value(values == Values::shown ? 1 + longest_value(range) : 0, ' ');
  int widest = 0, side_by_side = -gap_of(size);
  for (const std::string& name : names) {
    const int entry = text_width(name + value, size);
    widest = std::max(widest, entry);
    side_by_side += entry + gap_of(size);
  }
  if (side_by_side <= width) return {1, side_by_side};
  return {static_cast<int>(names.size()), widest};
}

PlotStyle plot_style(const std::vector<std::string>& names, Range range, Values values, int width,
                     int panel, int size) {
  const Caption caption = caption_of(names, range, values, width, size);
  return {std::max(width, caption.width), panel + caption.lines * text_height(size), size};
}

Canvas plot(std::span<const Curve> curves, const std::vector<std::string>& names, Range range,
            std::int64_t now, const PlotStyle& style) {
  const int size = style.size;
  const int lines =
      caption_of(names, range, now < 0 ? Values::left_out : Values::shown, style.width, size).lines;
  const int caption = lines * text_height(size) + size;
  Canvas canvas(style.height, style.width);
  canvas.fill(caption, 0, style.height - caption, style.width, theme::kPanel);

  std::int64_t steps = 0;
  for (const Curve& curve : curves)
    steps = std::max(steps, static_cast<std::int64_t>(curve.values.size()));
  const Axes axes{steps, range, caption, style.height - caption, style.width, size};

  if (range.low < 0 && range.high > 0)  // where zero is
    canvas.fill(axes.y(0), 0, size, style.width, blend(theme::kFaint, theme::kPanel, 0.35));
  const std::int64_t cursor = now < 0 ? steps - 1 : std::min(now, steps - 1);
  if (now >= 0)
    canvas.fill(caption, axes.x(cursor), axes.height, size,
                blend(theme::kFaint, theme::kPanel, 0.6));

  for (std::size_t i = curves.size(); i-- > 0;) {  // the first on top
    const Curve& curve = curves[i];
    const auto last = static_cast<std::int64_t>(curve.values.size()) - 1;
    const std::int64_t bright = std::min(cursor, last);
    draw_curve(canvas, axes, curve, bright, last, blend(curve.color, theme::kPanel, 0.35));
    draw_curve(canvas, axes, curve, 0, bright, curve.color);
    if (now >= 0 && cursor <= last && std::isfinite(curve.values[cursor]))
      canvas.fill(axes.y(curve.values[cursor]) - size, axes.x(cursor) - size, 3 * size, 3 * size,
                  curve.color);
  }

  int x = 0, y = 0;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    std::string text = names[i];
    if (now >= 0 && cursor < std::ssize(curves[i].values))
      text += fmt::format(" {}", value_text(curves[i].values[cursor]));
    draw_text(canvas, y, x, text, curves[i].color, size);
    if (lines > 1)
      y += text_height(size);
    else
      x += text_width(text, size) + gap_of(size);
  }
  return canvas;
}

}  // namespace dreamer::media
