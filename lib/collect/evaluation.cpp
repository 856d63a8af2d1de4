#include "collect/evaluation.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>

#include "collect/rollout.h"
#include "collect/seeds.h"
#include "core/error.h"
#include "core/signals.h"

namespace dreamer {
namespace {

constexpr std::size_t kResamples = 10000;

double mean_of(const std::vector<double>& values) {
  return std::reduce(values.begin(), values.end()) / static_cast<double>(values.size());
}

// Sorted means of resamples with replacement.
std::vector<double> bootstrap_means(const std::vector<double>& values, std::int64_t seed) {
  const RandomStream stream(static_cast<std::uint64_t>(seed), "bootstrap");
  std::vector<double> means(kResamples);
  for (std::size_t r = 0; r < kResamples; ++r) {
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      sum += values[stream.below(values.size(), r, i)];
    means[r] = sum / static_cast<double>(values.size());
  }
  std::ranges::sort(means);
  return means;
}

}  // namespace

Evaluation evaluate(const EvaluationOptions& options, const PolicyFactory& policy) {
  Evaluation result;
  result.returns.resize(static_cast<std::size_t>(options.episodes));
  std::exception_ptr failure;
  std::mutex mutex;
  const auto asked_to_stop = [&] {
    return signals::requested() != 0 || options.stop.stop_requested();
  };
  const auto stopped = [&] {
    return asked_to_stop() || [&] {
      const std::lock_guard lock(mutex);
      return failure != nullptr;
    }();
  };
  const auto run = [&](std::int64_t first) {
    try {
      const auto agent = policy();
      env::Environment environment(options.task, evaluation_seed(options.seed, first),
                                   options.environment);
      for (std::int64_t k = first; k < options.episodes && !stopped(); k += options.envs) {
        environment.reseed(evaluation_seed(options.seed, k));
        auto episode = run_episode(environment, environment.reset(), *agent, {.stop = stopped});
        if (!episode) return;
        result.returns[static_cast<std::size_t>(k)] = episode->total_reward();
        if (k == 0) result.first = std::move(*episode);
        if (options.progress != nullptr) options.progress->advance();
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  if (options.environment.render != env::RenderQuality::none)
    env::load_opengl(std::min(options.envs, options.episodes));
  {
    std::vector<std::jthread> threads;
    for (std::int64_t e = 0; e < std::min(options.envs, options.episodes); ++e)
      threads.emplace_back(run, e);
  }
  if (failure) std::rethrow_exception(failure);
  if (asked_to_stop()) throw signals::Stopped();
  return result;
}

Json summarize(const std::vector<double>& returns, std::int64_t seed) {
  const double mean = mean_of(returns);
  double squares = 0;
  for (const double r : returns) squares += (r - mean) * (r - mean);
  const auto means = bootstrap_means(returns, seed);
  return {{"episodes", returns.size()},
          {"mean", mean},
          {"std", std::sqrt(squares / static_cast<double>(returns.size()))},
          {"ci95", {means[kResamples / 40], means[kResamples - 1 - kResamples / 40]}},
          {"returns", returns}};
}

bool satisfies(const Json& summary, const std::string& condition) {
  const auto begin = condition.find_first_of("<>=");
  const auto end = condition.find_first_not_of("<>=", begin);
  const auto bad = [&](const std::string& why) {
    return usage_error("--require '{}': {}", condition, why);
  };
  if (begin == std::string::npos || end == std::string::npos) throw bad("must be like 'mean>=700'");
  const auto trim = [](std::string text) {
    std::erase(text, ' ');
    return text;
  };
  const std::string name = trim(condition.substr(0, begin));
  const std::string sign = condition.substr(begin, end - begin);
  const std::string number = trim(condition.substr(end));
  if (!summary.contains(name) || !summary[name].is_number())
    throw bad(fmt::format("the summary has no number {}", name));
  double bound = 0;
  try {
    std::size_t read = 0;
    bound = std::stod(number, &read);
    if (read != number.size()) throw std::invalid_argument(number);
  } catch (const std::logic_error&) {
    throw bad(fmt::format("{} is not a number", number));
  }
  const auto value = summary[name].get<double>();
  if (sign == ">=") return value >= bound;
  if (sign == ">") return value > bound;
  if (sign == "<=") return value <= bound;
  if (sign == "<") return value < bound;
  if (sign == "==") return value == bound;
  throw bad(fmt::format("{} is none of >= > <= < ==", sign));
}

}  // namespace dreamer
