#include "run/metric_warnings.h"

#include <limits>

#include "compare/warnings.h"
#include "core/log.h"

namespace dreamer {
namespace {

/// What no return can exceed, whatever is done: the largest reward seen, for ever.
double largest_value(const Json& config, const data::Replay& replay) {
  constexpr double kUnknown = std::numeric_limits<double>::infinity();
  if (!config.contains("behavior") || !config.contains("model")) return kUnknown;
  const Json& model = config["model"];
  const double gamma = model["discount_head"].get<bool>()
                           ? model["discount_gamma"].get<double>()
                           : config["behavior"]["gamma"].get<double>();
  const double largest = replay.largest_reward();
  return gamma < 1 && largest > 0 ? largest / (1 - gamma) : kUnknown;
}

}  // namespace

void warn_of_metrics(const Json& metrics, std::int64_t updates, const Json& config,
                     const data::Replay& replay) {
  if (updates < compare::kUpdatesBeforeWarnings) return;
  for (const std::string& warning : compare::warnings_of(metrics, largest_value(config, replay)))
    log::warning("{}", warning);
}

}  // namespace dreamer
