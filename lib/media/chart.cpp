#include "media/chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <ranges>

#include <fmt/format.h>

#include "media/text.h"

namespace dreamer::media {
namespace {

/// The smallest interval that holds what it was given; empty at first.
struct Extent {
  double low = std::numeric_limits<double>::infinity(), high = -low;

  void include(const std::vector<double>& values) {
    for (const double value : values) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
};

/// y at `x` on the line through points `i` and `i + 1`.
double between(const std::vector<double>& xs, const std::vector<double>& ys, std::size_t i,
               double x) {
  const double span = xs[i + 1] - xs[i];
  const double share = span > 0 ? (x - xs[i]) / span : 0;
  return ys[i] + share * (ys[i + 1] - ys[i]);
}

/// The part of the line from x = `low` to x = `high`, with points of its own at these ends.
Series part(const Series& whole, double low, double high) {
  Series result{whole.name, {}, {}, {}, {}, whole.color};
  const bool band = !whole.low.empty();
  const auto add = [&](std::size_t i, double x) {
    const auto at = [&](const std::vector<double>& ys) {
      return i + 1 < ys.size() ? between(whole.x, ys, i, x) : ys[i];
    };
    result.x.push_back(x);
    result.y.push_back(at(whole.y));
    if (band) result.low.push_back(at(whole.low));
    if (band) result.high.push_back(at(whole.high));
  };
  for (std::size_t i = 0; i < whole.x.size(); ++i) {
    const bool last = i + 1 == whole.x.size();
    if (whole.x[i] >= low && whole.x[i] <= high) add(i, whole.x[i]);
    if (!last && whole.x[i] < low && whole.x[i + 1] > low) add(i, low);
    if (!last && whole.x[i] < high && whole.x[i + 1] > high) add(i, high);
  }
  return result;
}

/// The points of a line that have a place on the chart's axes, as logarithms on a logarithmic one.
Series on_axes(const Series& series, const Chart& chart) {
  if (!chart.log_x && !chart.log_y) return series;
  const bool band = !series.low.empty();
  Series shown{series.name, {}, {}, {}, {}, series.color};
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if ((chart.log_x && series.x[i] <= 0) || (chart.log_y && series.y[i] <= 0)) continue;
    const auto y = [&](double value) { return chart.log_y ? std::log10(value) : value; };
    shown.x.push_back(chart.log_x ? std::log10(series.x[i]) : series.x[i]);
    shown.y.push_back(y(series.y[i]));
    // A band that reaches 0 or below ends a decade below the line.
    if (band)
      shown.low.push_back(
          y(chart.log_y ? std::max(series.low[i], series.y[i] / 10) : series.low[i]));
    if (band) shown.high.push_back(y(series.high[i]));
  }
  return shown;
}

std::string label_of(double tick, bool logarithm) {
  return tick_label(logarithm ? std::pow(10, tick) : tick);
}

/// Maps numbers to pixels of the area inside of the axes.
struct Area {
  int top, left, height, width;
  Interval x_range, y_range;
  bool log_x, log_y;

  [[nodiscard]] int x(double value) const {
    const double share = (value - x_range.low) / (x_range.high - x_range.low);
    return left + static_cast<int>(std::lround(share * (width - 1)));
  }
  [[nodiscard]] int y(double value) const {
    const double share = (value - y_range.low) / (y_range.high - y_range.low);
    return top + height - 1 - static_cast<int>(std::lround(share * (height - 1)));
  }
};

void draw_segment(Canvas& canvas, int x0, int y0, int x1, int y1, int size, Color color) {
  const int steps = std::max({std::abs(x1 - x0), std::abs(y1 - y0), 1});
  for (int i = 0; i <= steps; ++i)
    canvas.fill(y0 + (y1 - y0) * i / steps - size / 2, x0 + (x1 - x0) * i / steps - size / 2, size,
                size, color);
}

void draw_band(Canvas& canvas, const Area& area, const Series& series) {
  if (series.low.empty()) return;
  for (std::size_t i = 0; i + 1 < series.x.size(); ++i) {
    const int x0 = area.x(series.x[i]), x1 = area.x(series.x[i + 1]);
    const auto at = [&](const std::vector<double>& ys, int x) {
      return area.y(ys[i]) +
             (x1 > x0 ? (area.y(ys[i + 1]) - area.y(ys[i])) * (x - x0) / (x1 - x0) : 0);
    };
    for (int x = x0 + (i > 0 ? 1 : 0); x <= x1; ++x)
      for (int y = at(series.high, x); y <= at(series.low, x); ++y)
        canvas.set(y, x, blend(series.color, canvas.at(y, x), 0.22));
  }
}

void draw_line(Canvas& canvas, const Area& area, const Series& series, int size) {
  if (series.x.size() == 1)
    canvas.fill(area.y(series.y[0]) - size, area.x(series.x[0]) - size, 2 * size + 1, 2 * size + 1,
                series.color);
  for (std::size_t i = 0; i + 1 < series.x.size(); ++i)
    draw_segment(canvas, area.x(series.x[i]), area.y(series.y[i]), area.x(series.x[i + 1]),
                 area.y(series.y[i + 1]), size, series.color);
}

void draw_grid(Canvas& canvas, const Area& area, const std::vector<double>& x_ticks,
               const std::vector<double>& y_ticks, int size) {
  const Color line = blend(theme::kFaint, theme::kPanel, 0.3);
  for (const double tick : y_ticks) {
    const std::string text = label_of(tick, area.log_y);
    canvas.fill(area.y(tick), area.left, 1, area.width, line);
    draw_text(canvas, area.y(tick) - 4 * size, area.left - text_width(text, size) - 3 * size, text,
              theme::kFaint, size);
  }
  for (const double tick : x_ticks) {
    if (tick > area.x_range.high) continue;
    const std::string text = label_of(tick, area.log_x);
    canvas.fill(area.top, area.x(tick), area.height, 1, line);
    draw_text(canvas, area.top + area.height + 3 * size, area.x(tick) - text_width(text, size) / 2,
              text, theme::kFaint, size);
  }
}

/// Names of the lines in their colours, in rows of at most `width` pixels, from (y, x). Returns the
/// height; draws only if there is a canvas.
int legend(Canvas* canvas, const Chart& chart, int y, int x, int width, int size) {
  const int swatch = 8 * size, row = text_height(size) + size, begin = y, left = x;
  bool any = false;
  const auto entry = [&](const Series& series) {
    if (series.name.empty()) return;
    const int needed = swatch + 3 * size + text_width(series.name, size);
    if (x > left && x + needed > left + width) y += row, x = left;
    if (canvas != nullptr) {
      canvas->fill(y + 3 * size, x, 2 * size, swatch, series.color);
      draw_text(*canvas, y, x + swatch + 3 * size, series.name, theme::kText, size);
    }
    x += needed + 8 * size;
    any = true;
  };
  for (const Series& series : chart.series) entry(series);
  for (const Series& series : chart.references) entry(series);
  return any ? y + row - begin : 0;
}

}  // namespace

Color line_color(std::size_t i) {
  static constexpr std::array kColors{
      theme::kReward,      theme::kPredicted,   theme::kObserved,     theme::kValue,
      Color{240, 98, 110}, Color{92, 208, 208}, Color{232, 212, 100}, Color{226, 150, 200}};
  return kColors[i % kColors.size()];
}

Interval drawable(double low, double high) {
  // What a tick is counted from, steps of a share of the width, is then below 2^53 steps away.
  constexpr double kLeastShare = 1e-12, kLeastWidth = 1e-300;
  if (low > high) return {0, 1};
  const double size = std::max(std::abs(low), std::abs(high));
  if (high - low > std::max(size * kLeastShare, kLeastWidth)) return {low, high};
  const double margin = size < kLeastWidth ? 1 : size / 2;
  return {low - margin, high + margin};
}

std::vector<double> ticks(Interval interval, int most) {
  const auto [low, high] = interval;
  const double least = (high - low) / most, unit = std::pow(10, std::floor(std::log10(least)));
  double step = 10 * unit;
  for (const double factor : {5.0, 2.0, 1.0})
    if (factor * unit >= least) step = factor * unit;
  // Counted in steps, so that zero is zero; a hair's breadth off a tick is on it.
  const std::int64_t first = std::llround(std::floor(low / step + 1e-9));
  const std::int64_t last = std::llround(std::ceil(high / step - 1e-9));
  std::vector<double> result;
  for (std::int64_t k = first; k <= std::max(last, first); ++k)
    result.push_back(static_cast<double>(k) * step);
  return result;
}

std::vector<double> log_ticks(Interval interval) {
  constexpr double kFewDecades = 3;
  const bool fine = interval.high - interval.low < kFewDecades;
  const int low = static_cast<int>(std::floor(interval.low + 1e-9)),
            high = static_cast<int>(std::ceil(interval.high - 1e-9));
  const int step = std::max(1, (high - low) / 8);
  std::vector<double> result;
  for (int decade = low; decade < high + step; decade += step) {
    result.push_back(decade);
    if (fine && decade < high)
      for (const double factor : {2.0, 5.0}) result.push_back(decade + std::log10(factor));
  }
  // No emptier at its ends than it must be.
  while (result.size() > 2 && result[1] <= interval.low) result.erase(result.begin());
  while (result.size() > 2 && result[result.size() - 2] >= interval.high) result.pop_back();
  return result;
}

std::string tick_label(double value) {
  const double size = std::abs(value);
  if (size >= 1e6) return fmt::format("{:.4g}M", value / 1e6);
  if (size >= 1e4) return fmt::format("{:.4g}k", value / 1e3);
  return fmt::format("{:.4g}", value + 0.0);  // + 0.0: no -0
}

Canvas draw(const Chart& chart, int height, int width, int size) {
  std::vector<Series> lines, references;
  for (const Series& series : chart.series) lines.push_back(on_axes(series, chart));
  Extent x_extent;
  for (const Series& series : lines) x_extent.include(series.x);
  const Interval x_range = drawable(x_extent.low, x_extent.high);
  for (const Series& series : chart.references)
    references.push_back(part(on_axes(series, chart), x_range.low, x_range.high));

  Extent y_extent;
  const auto make_room = [&](const std::vector<Series>& group) {
    for (const Series& series : group)
      for (const auto* values : {&series.y, &series.low, &series.high}) y_extent.include(*values);
  };
  make_room(lines);
  make_room(references);
  if (chart.from_zero) y_extent.include({0});

  const int line = text_height(size), margin = 4 * size;
  const int heading =
      margin + line + legend(nullptr, chart, 0, 0, width - 2 * margin, size) + line / 2;
  const int footing = margin + 2 * line + 4 * size;
  const Interval y_shown = drawable(y_extent.low, y_extent.high);
  const std::vector<double> y_ticks =
      chart.log_y ? log_ticks(y_shown)
                  : ticks(y_shown, std::max(2, (height - heading - footing) / (4 * line)));
  const Interval y_range{y_ticks.front(), y_ticks.back()};
  int gutter = 0;
  for (const double tick : y_ticks)
    gutter = std::max(gutter, text_width(label_of(tick, chart.log_y), size));
  const int left = margin + gutter + 3 * size, right = margin + 8 * size;
  const Area area{heading,
                  left,
                  std::max(height - heading - footing, 1),
                  std::max(width - left - right, 1),
                  x_range,
                  y_range,
                  chart.log_x,
                  chart.log_y};
  std::vector<double> x_ticks =
      chart.log_x ? log_ticks(x_range) : ticks(x_range, std::max(2, area.width / (50 * size)));
  std::erase_if(x_ticks, [&](double tick) { return tick < x_range.low; });

  Canvas canvas(height, width);
  canvas.fill(area.top, area.left, area.height, area.width, theme::kPanel);
  draw_grid(canvas, area, x_ticks, y_ticks, size);
  for (const Series& series : references) draw_band(canvas, area, series);
  for (const Series& series : lines) draw_band(canvas, area, series);
  for (const Series& series : references) draw_line(canvas, area, series, size);
  for (const Series& series : std::views::reverse(lines)) draw_line(canvas, area, series, size);

  draw_text(canvas, margin, margin, chart.y_label, theme::kText, size);
  legend(&canvas, chart, margin + line, margin, width - 2 * margin, size);
  draw_text(canvas, height - margin - line,
            area.left + (area.width - text_width(chart.x_label, size)) / 2, chart.x_label,
            theme::kText, size);
  return canvas;
}

}  // namespace dreamer::media
