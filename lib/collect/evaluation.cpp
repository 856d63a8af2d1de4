#include "collect/evaluation.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "collect/rollout.h"
#include "collect/seeds.h"
#include "core/error.h"
#include "core/log.h"
#include "core/nearest.h"
#include "core/number.h"
#include "core/paths.h"
#include "core/signals.h"
#include "core/statistics.h"
#include "core/workers.h"
#include "env/suite.h"

namespace dreamer {
namespace {

/// An episode that has begun.
struct Begun {
  EpisodeId id;
  Step first;
};

/// Begins the first episode of `seed`, or the first one after it whose physics hold.
Begun begin(env::Environment& environment, std::int64_t seed) {
  for (std::int64_t index = 0;; ++index) try {
      const EpisodeId id{seed, index};
      return {id, environment.begin(id)};
    } catch (const env::Breakdown& e) {
      if (index + 1 == kMostBreakdowns) throw;
      log::warning("{}; the next one takes its place", e.what());
    }
}

}  // namespace

Evaluation evaluate(const EvaluationOptions& options, const PolicyFactory& policy) {
  Evaluation result;
  result.returns.resize(static_cast<std::size_t>(options.episodes));
  Workers workers;
  const signals::StopRequests stops;
  const auto asked_to_stop = [&] {
    return signals::requested() != 0 || options.stop.stop_requested();
  };
  const auto stopped = [&] { return asked_to_stop() || workers.failed(); };
  const auto run = [&](std::int64_t first) {
    const auto agent = policy();
    const auto environment = env::make_environment(options.task, options.environment);
    for (std::int64_t k = first; k < options.episodes && !stopped(); k += options.envs) {
      const auto [id, first_step] = begin(*environment, evaluation_seed(options.seed, k));
      auto episode = run_episode(*environment, id, first_step, *agent, {.stop = stopped});
      if (!episode) return;
      result.returns[static_cast<std::size_t>(k)] = episode->total_reward();
      if (k == 0) result.first = std::move(*episode);
      if (options.progress != nullptr) options.progress->advance();
    }
  };
  env::prepare_rendering(options.task, options.environment.render,
                         std::min(options.envs, options.episodes));
  workers.run(std::min(options.envs, options.episodes), run);
  if (asked_to_stop()) throw signals::Stopped();
  return result;
}

Json summarize(const std::vector<double>& returns, std::int64_t seed) {
  const ConfidenceInterval ci95 = bootstrap_ci95(returns, seed);
  return {{"episodes", returns.size()},
          {"mean", mean_of(returns)},
          {"std", stddev_of(returns)},
          {"ci95", {ci95.low, ci95.high}},
          {"returns", returns}};
}

std::vector<std::string> numbers_of_a_model() {
  const Json schema = read_share("schemas/summary.schema.json");
  std::vector<std::string> names;
  for (const auto& [name, rule] : schema.at("definitions").at("model").at("properties").items())
    if (const Json type = rule.value("type", Json()); type == "number" || type == "integer")
      names.push_back(name);
  return names;
}

Requirement::Requirement(const std::string& condition) : condition_(condition) {
  const auto begin = condition.find_first_of("<>=");
  const auto end = condition.find_first_not_of("<>=", begin);
  if (begin == std::string::npos || end == std::string::npos) refuse("must be like 'mean>=700'");
  const auto trim = [](std::string text) {
    std::erase(text, ' ');
    return text;
  };
  name_ = trim(condition.substr(0, begin));
  sign_ = condition.substr(begin, end - begin);
  const std::string number = trim(condition.substr(end));
  if (const auto bound = parse_real(number))
    bound_ = *bound;
  else
    refuse(fmt::format("{} is not a number", number));
  constexpr std::array<std::string_view, 5> kSigns = {">=", ">", "<=", "<", "=="};
  if (std::ranges::find(kSigns, sign_) == kSigns.end())
    refuse(fmt::format("{} is none of {}", sign_, fmt::join(kSigns, " ")));
}

void Requirement::check_name(const std::vector<std::string>& names) const {
  if (std::ranges::find(names, name_) == names.end())
    refuse(fmt::format("the summary has no number {}{}; it has {}", name_,
                       did_you_mean(name_, names), fmt::join(names, ", ")));
}

bool Requirement::holds(const Json& summary) const {
  if (!summary.contains(name_) || !summary[name_].is_number())
    refuse(fmt::format("the summary has no number {}", name_));
  const auto value = summary[name_].get<double>();
  if (sign_ == ">=") return value >= bound_;
  if (sign_ == ">") return value > bound_;
  if (sign_ == "<=") return value <= bound_;
  if (sign_ == "<") return value < bound_;
  return value == bound_;
}

void Requirement::refuse(const std::string& why) const {
  throw usage_error("--require '{}': {}", condition_, why);
}

}  // namespace dreamer
