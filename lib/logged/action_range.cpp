#include "logged/action_range.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/number.h"
#include "core/split.h"

namespace dreamer::logged {
namespace {

/// What a pass over all actions finds.
struct Seen {
  std::vector<double> low, high;
  bool one_hot = true;  // all rows but empty ones are
};

Seen look_at(const std::vector<std::unique_ptr<Source>>& sources, std::int64_t columns) {
  Seen seen{.low = std::vector<double>(static_cast<std::size_t>(columns),
                                       std::numeric_limits<double>::infinity()),
            .high = std::vector<double>(static_cast<std::size_t>(columns),
                                        -std::numeric_limits<double>::infinity())};
  for (const auto& source : sources) {
    // Row 0 is the reset where actions lie with what they led to.
    const bool skips_first = source->contents().alignment == Alignment::led_here;
    for (std::int64_t e = 0; e < source->episodes(); ++e) {
      const LoggedEpisode episode = source->read(e, {});
      if (episode.action.columns() != columns)
        throw error("{}: actions of {} values, others have {}", episode.name,
                    episode.action.columns(), columns);
      for (std::int64_t row = skips_first ? 1 : 0; row < episode.action.rows(); ++row) {
        double sum = 0;
        bool zero_or_one = true;
        for (std::int64_t a = 0; a < columns; ++a) {
          const double value = episode.action.values[static_cast<std::size_t>(row * columns + a)];
          if (!std::isfinite(value)) continue;  // an error where the episode is read
          const auto at = static_cast<std::size_t>(a);
          seen.low[at] = std::min(seen.low[at], value);
          seen.high[at] = std::max(seen.high[at], value);
          if (value != 0 && value != 1) zero_or_one = false;
          sum += value;
        }
        if (!zero_or_one || sum != 1) seen.one_hot = false;
      }
    }
  }
  for (std::size_t a = 0; a < seen.low.size(); ++a)
    if (seen.low[a] > seen.high[a]) seen.low[a] = seen.high[a] = 0;  // there are no actions
  return seen;
}

void set_bounds(Space& space, const std::vector<double>& low, const std::vector<double>& high) {
  space.low.assign(low.begin(), low.end());
  space.high.assign(high.begin(), high.end());
  // A bound is stored as float32 and must not cut off the value that it came from.
  for (std::size_t a = 0; a < low.size(); ++a) {
    if (space.low[a] > low[a]) space.low[a] = std::nextafterf(space.low[a], -INFINITY);
    if (space.high[a] < high[a]) space.high[a] = std::nextafterf(space.high[a], INFINITY);
  }
}

void parse_bounds(const std::string& text, Space& space) {
  const auto ranges = split(text, ',');
  const auto columns = static_cast<std::size_t>(space.size());
  if (ranges.size() != 1 && ranges.size() != columns)
    throw usage_error("--action-range {}: {} ranges, the action has {} values", text, ranges.size(),
                      columns);
  std::vector<double> low, high;
  for (std::size_t a = 0; a < columns; ++a) {
    const auto bounds = split(ranges[ranges.size() == 1 ? 0 : a], ':');
    const auto from = bounds.size() == 2 ? parse_real(bounds[0]) : std::nullopt,
               to = bounds.size() == 2 ? parse_real(bounds[1]) : std::nullopt;
    if (!from || !to || *from > *to)
      throw usage_error("--action-range {}: must be auto, data or LOW:HIGH[,LOW:HIGH…]", text);
    low.push_back(*from);
    high.push_back(*to);
  }
  set_bounds(space, low, high);
}

}  // namespace

ActionRange decide_actions(const std::vector<std::unique_ptr<Source>>& sources,
                           const std::string& wanted, std::int64_t choices) {
  const Contents& first = sources.front()->contents();
  ActionRange range{.space = first.signature.action};
  Space& space = range.space;
  for (const auto& source : sources)
    if (!same_actions(source->contents().signature.action, space))
      throw error("{} has actions of {}, {} of {}; import them into folders of their own",
                  source->contents().dataset, action_text(source->contents().signature.action),
                  first.dataset, action_text(space));
  if (space.kind == SpaceKind::discrete && choices == 0) {
    range.origin = "declared";
    return range;
  }
  if (choices > 0) {
    const std::int64_t columns = space.kind == SpaceKind::discrete
                                     ? static_cast<std::int64_t>(space.groups.size())
                                     : space.size();
    if (columns != 1 && columns != choices)
      throw usage_error("--actions {}: the data have {} values an action", choices, columns);
    range.one_hot = columns == choices && columns > 1;
    space = discrete_space("action", {choices});
    range.origin = "given";
    return range;
  }
  const auto differs = [&](const std::unique_ptr<Source>& source) {
    const Space& other = source->contents().signature.action;
    return other.low != space.low || other.high != space.high;
  };
  const bool declared = !space.low.empty() && std::ranges::none_of(sources, differs);
  if (wanted == "auto" && declared) {
    range.origin = "declared";
    return range;
  }
  if (wanted != "auto" && wanted != "data") {
    parse_bounds(wanted, space);
    range.origin = "given";
    return range;
  }
  const Seen seen = look_at(sources, space.size());
  if (wanted == "auto" && seen.one_hot && space.size() > 1) {
    space = discrete_space("action", {space.size()});
    range.one_hot = true;
    range.origin = "one-hot in the data";
    return range;
  }
  if (wanted == "auto" && first.integer_actions &&
      std::ranges::all_of(seen.low, [](double value) { return value >= 0; })) {
    std::vector<std::int64_t> groups;
    for (const double value : seen.high) groups.push_back(static_cast<std::int64_t>(value) + 1);
    space = discrete_space("action", groups);
    range.origin = "as many as occur; --actions N says how many there are";
    return range;
  }
  if (wanted == "auto" && first.unit_actions) {
    set_bounds(space, std::vector<double>(seen.low.size(), -1),
               std::vector<double>(seen.low.size(), 1));
    range.origin = "the format's";
    return range;
  }
  set_bounds(space, seen.low, seen.high);
  range.origin = "the data's own";
  return range;
}

}  // namespace dreamer::logged
