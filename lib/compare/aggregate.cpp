#include "compare/aggregate.h"

#include <algorithm>
#include <cstddef>

#include "core/error.h"
#include "core/statistics.h"

namespace dreamer::compare {
namespace {

void add_band(Line& line, const std::vector<double>& values, const std::string& band) {
  const double y = line.y.back();
  const auto add = [&](double low, double high) {
    line.low.push_back(low);
    line.high.push_back(high);
  };
  if (band == "std") {
    const double stddev = stddev_of(values);
    add(y - stddev, y + stddev);
  } else if (band == "minmax") {
    const auto [low, high] = std::ranges::minmax(values);
    add(low, high);
  } else if (band == "ci95") {
    const ConfidenceInterval interval = bootstrap_ci95(values, 0);
    add(interval.low, interval.high);
  }
}

}  // namespace

double value_at(const Line& line, double x) {
  const auto above = static_cast<std::size_t>(std::ranges::lower_bound(line.x, x) - line.x.begin());
  if (line.x[above] == x) return line.y[above];
  const double share = (x - line.x[above - 1]) / (line.x[above] - line.x[above - 1]);
  return line.y[above - 1] + share * (line.y[above] - line.y[above - 1]);
}

const std::vector<std::string>& centers() {
  static const std::vector<std::string> kNames{"mean", "iqm"};
  return kNames;
}

const std::vector<std::string>& bands() {
  static const std::vector<std::string> kNames{"std", "minmax", "ci95", "none"};
  return kNames;
}

Line aggregate(const std::vector<Line>& lines, const Aggregation& how) {
  if (lines.size() == 1) return lines.front();
  double first = lines.front().x.front(), last = lines.front().x.back();
  std::vector<double> all;
  for (const Line& line : lines) {
    first = std::max(first, line.x.front());
    last = std::min(last, line.x.back());
    all.insert(all.end(), line.x.begin(), line.x.end());
  }
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  Line result;
  for (const double x : all) {
    if (x < first || x > last) continue;
    std::vector<double> values;
    for (const Line& line : lines) values.push_back(value_at(line, x));
    result.x.push_back(x);
    result.y.push_back(how.center == "iqm" ? interquartile_mean(values) : mean_of(values));
    add_band(result, values, how.band);
  }
  if (result.x.empty())
    throw error("the runs of a group have no stretch in common; plot them by themselves");
  return result;
}

Line smoothed(const Line& line, std::int64_t window) {
  if (window < 2) return line;
  const auto size = std::ssize(line.x), before = (window - 1) / 2, after = window / 2;
  const auto means = [&](const std::vector<double>& values) {
    std::vector<double> result;
    for (std::int64_t i = 0; i < std::ssize(values); ++i)
      result.push_back(mean_of({values.begin() + std::max<std::int64_t>(i - before, 0),
                                values.begin() + std::min(i + after + 1, size)}));
    return result;
  };
  return {line.x, means(line.y), means(line.low), means(line.high)};
}

double mean_height(const Line& line) {
  if (line.x.size() == 1) return line.y.front();
  double area = 0;
  for (std::size_t i = 0; i + 1 < line.x.size(); ++i)
    area += (line.x[i + 1] - line.x[i]) * (line.y[i] + line.y[i + 1]) / 2;
  return area / (line.x.back() - line.x.front());
}

}  // namespace dreamer::compare
