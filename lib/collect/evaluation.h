#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "collect/policy.h"
#include "core/json.h"
#include "core/progress.h"
#include "data/episode.h"
#include "env/environment.h"

namespace dreamer {

struct EvaluationOptions {
  std::string task;
  std::int64_t episodes = 10;
  std::int64_t envs = 1;  // environments side by side, a thread each
  std::int64_t seed = 0;
  env::EnvironmentOptions environment = {};
  Progress* progress = nullptr;  // advanced by every episode
  std::stop_token stop = {};     // ends it early, as a signal does
};

struct Evaluation {
  std::vector<double> returns;  // of each episode, in order
  data::Episode first;          // for a video
};

/// Runs whole episodes, episode k from evaluation seed k of the run (collect/seeds.h), so that the
/// returns depend on neither `envs` nor timing.
/// @throws signals::Stopped if a signal or `stop` ended it
[[nodiscard]] Evaluation evaluate(const EvaluationOptions& options, const PolicyFactory& policy);

/// Mean, population standard deviation, the returns and the 95 % interval of the mean by the
/// percentile bootstrap (10,000 resamples, drawn from `seed`).
[[nodiscard]] Json summarize(const std::vector<double>& returns, std::int64_t seed);

/// The names of the numbers in the summary of a model (schemas/summary.schema.json).
[[nodiscard]] std::vector<std::string> numbers_of_a_model();

/// A condition on a summary, such as "mean>=700": a number's name, one of >= > <= < ==, a number.
class Requirement {
 public:
  /// @throws usage_error if `condition` is not of that form
  explicit Requirement(const std::string& condition);

  /// @throws usage_error if it asks for none of these, the numbers that the summary will have
  void check_name(const std::vector<std::string>& names) const;

  /// @throws usage_error if it names no number of the summary
  [[nodiscard]] bool holds(const Json& summary) const;

 private:
  [[noreturn]] void refuse(const std::string& why) const;

  std::string condition_, name_, sign_;
  double bound_ = 0;
};

}  // namespace dreamer
