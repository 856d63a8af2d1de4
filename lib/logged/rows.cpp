#include "logged/rows.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"

namespace dreamer::logged {
namespace {

// A float32 that was -1 may come back as a little less.
constexpr double kSlack = 1e-6;

/// Rows of ours, and where their parts come from.
struct Plan {
  std::int64_t rows = 0;
  std::int64_t first_action = 0;  // logged action of row 1
  bool drops = false;             // the last transition
};

Plan plan(const LoggedEpisode& e, const RowRules& rules) {
  const std::int64_t n = e.observations, m = e.action.rows();
  if (!e.reward.empty() && static_cast<std::int64_t>(e.reward.size()) != m)
    throw error("{} actions, {} rewards", m, e.reward.size());
  switch (rules.alignment) {
    case Alignment::before:
      if (n == m + 1) return {n, 0, false};
      if (n != m) throw error("{} observations, {} actions", n, m);
      return rules.last_step == LastStep::repeat ? Plan{n + 1, 0, false} : Plan{n, 0, true};
    case Alignment::led_here:
    case Alignment::after:
      if (n != m) throw error("{} observations, {} actions", n, m);
      return {n, 1, false};
    case Alignment::with_reward:
      if (n != m) throw error("{} observations, {} actions", n, m);
      return {n, 0, false};
  }
  return {};
}

/// One continuous action in [-1,1].
void scale(const double* raw, const RowRules& rules, std::int64_t row, Tally& tally, float* out) {
  const Space& space = rules.signature.action;
  for (std::int64_t a = 0; a < space.size(); ++a) {
    const auto at = static_cast<std::size_t>(a);
    const double low = space.low.empty() ? -1 : space.low[at],
                 high = space.high.empty() ? 1 : space.high[at];
    double value = raw[a];
    if (!std::isfinite(value)) throw error("action {} is {}", row, value);
    const double slack = kSlack * std::max(1.0, high - low);
    if (value < low - slack || value > high + slack) {
      if (!rules.clip)
        throw error(
            "action {} has {} at {}, outside of {} to {}; --clip cuts it, --action-range "
            "data takes the data's own range",
            row, value, a, low, high);
      ++tally.clipped;
    }
    value = std::clamp(value, low, high);
    out[a] = high > low ? static_cast<float>(2 * (value - low) / (high - low) - 1) : 0.0F;
    out[a] = std::clamp(out[a], -1.0F, 1.0F);
  }
}

/// One choice, or several, as one-hot groups.
void choose(const double* raw, const RowRules& rules, std::int64_t row, float* out) {
  const Space& space = rules.signature.action;
  if (rules.one_hot) {
    for (std::int64_t a = 0; a < space.size(); ++a) out[a] = static_cast<float>(raw[a]);
    return;
  }
  for (const std::int64_t size : space.groups) {
    const double choice = *raw++;
    if (choice != std::floor(choice) || choice < 0 || choice >= static_cast<double>(size))
      throw error("action {} chooses {} of {}", row, choice, size);
    out[static_cast<std::int64_t>(choice)] = 1;
    out += size;
  }
}

void put_actions(const LoggedEpisode& e, const RowRules& rules, const Plan& plan, Tally& tally,
                 data::Episode& out) {
  const Space& space = rules.signature.action;
  const bool discrete = space.kind == SpaceKind::discrete;
  const std::int64_t columns =
      discrete && !rules.one_hot ? static_cast<std::int64_t>(space.groups.size()) : space.size();
  if (e.action.columns() != columns)
    throw error("actions of {} values, those before have {}", e.action.columns(), columns);
  out.action.assign(static_cast<std::size_t>(plan.rows * space.size()), 0.0F);
  for (std::int64_t t = 1; t < plan.rows; ++t) {
    const std::int64_t i = plan.first_action + t - 1;
    const double* raw = &e.action.values[static_cast<std::size_t>(i * columns)];
    float* to = &out.action[static_cast<std::size_t>(t * space.size())];
    if (discrete)
      choose(raw, rules, i, to);
    else
      scale(raw, rules, i, tally, to);
  }
}

void put_rewards(const LoggedEpisode& e, const RowRules& rules, const Plan& plan,
                 data::Episode& out) {
  out.reward.assign(static_cast<std::size_t>(plan.rows), 0.0F);
  if (e.reward.empty()) return;
  // A reward lies beside its action, but where it came with the observation.
  const std::int64_t shift = rules.alignment == Alignment::with_reward ? 0 : plan.first_action - 1;
  for (std::int64_t t = 1; t < plan.rows; ++t) {
    const double reward = e.reward[static_cast<std::size_t>(t + shift)];
    if (!std::isfinite(reward)) throw error("reward {} is {}", t + shift, reward);
    out.reward[static_cast<std::size_t>(t)] = static_cast<float>(reward);
  }
}

void put_discounts(const LoggedEpisode& e, const Plan& plan, data::Episode& out) {
  out.discount.assign(static_cast<std::size_t>(plan.rows), 1.0F);
  if (!e.discount.empty()) {
    if (static_cast<std::int64_t>(e.discount.size()) != e.observations)
      throw error("{} discounts, {} observations", e.discount.size(), e.observations);
    for (std::size_t t = 1; t < out.discount.size(); ++t) {
      const double discount = e.discount[std::min(t, e.discount.size() - 1)];
      if (!(discount >= 0 && discount <= 1)) throw error("discount {} is {}", t, discount);
      out.discount[t] = static_cast<float>(discount);
    }
  } else if (e.ended && !plan.drops) {
    out.discount.back() = 0;
  }
}

void put_observations(LoggedEpisode& e, const RowRules& rules, const Plan& plan,
                      data::Episode& out) {
  const std::int64_t repeated = plan.rows - e.observations;  // 0 or 1
  for (const auto& [theirs, ours] : rules.names) {
    if (const auto camera = e.cameras.find(theirs); camera != e.cameras.end()) {
      auto& images = out.images[ours];
      const Space* const space = rules.signature.observation(ours);
      images.reserve(static_cast<std::size_t>(plan.rows * space->size()));
      for (std::int64_t t = 0; t < e.observations; ++t) {
        const auto image = draw(camera->second(), rules.image);
        images.insert(images.end(), image.begin(), image.end());
      }
      if (repeated > 0) {
        const std::vector<std::uint8_t> last(images.end() - space->size(), images.end());
        images.insert(images.end(), last.begin(), last.end());
      }
    } else if (const auto found = e.vectors.find(theirs); found != e.vectors.end()) {
      Array<float> vector = std::move(found->second);
      const Space* const space = rules.signature.observation(ours);
      if (!std::equal(space->shape.begin(), space->shape.end(), vector.shape.begin() + 1,
                      vector.shape.end()))
        throw error("{} has another shape than in the first episode", theirs);
      for (const float value : vector.values)
        if (!std::isfinite(value)) throw error("{} holds {}", theirs, value);
      if (repeated > 0) {
        const std::vector<float> last(vector.values.end() - space->size(), vector.values.end());
        vector.values.insert(vector.values.end(), last.begin(), last.end());
        ++vector.shape.front();
      }
      out.vectors[ours] = std::move(vector);
    } else {
      throw error("{} is missing; the first episode has it", theirs);
    }
  }
}

void count_what_was_dropped(const LoggedEpisode& e, const Plan& plan, Tally& tally) {
  if (!plan.drops) return;
  ++tally.dropped;
  if (!e.reward.empty() && e.reward.back() != 0) ++tally.dropped_reward;
  if (e.ended) ++tally.dropped_end;
}

}  // namespace

Tally& Tally::operator+=(const Tally& other) {
  episodes += other.episodes;
  rows += other.rows;
  dropped += other.dropped;
  dropped_reward += other.dropped_reward;
  dropped_end += other.dropped_end;
  clipped += other.clipped;
  return *this;
}

data::Episode to_rows(LoggedEpisode logged, const RowRules& rules, Tally& tally) {
  return with_context(logged.name, [&] {
    const Plan rows = plan(logged, rules);
    if (rows.rows < 1) throw error("no rows");
    data::Episode episode;
    episode.signature = rules.signature;
    Tally counted = tally;
    put_actions(logged, rules, rows, counted, episode);
    episode.rewards = !logged.reward.empty();
    put_rewards(logged, rules, rows, episode);
    put_discounts(logged, rows, episode);
    if (logged.physics.rows() == rows.rows) episode.physics["state"] = std::move(logged.physics);
    put_observations(logged, rules, rows, episode);
    count_what_was_dropped(logged, rows, counted);
    ++counted.episodes;
    counted.rows += rows.rows;
    tally = counted;
    return episode;
  });
}

}  // namespace dreamer::logged
