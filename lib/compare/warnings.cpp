#include "compare/warnings.h"

#include <limits>

#include <fmt/format.h>

namespace dreamer::compare {

std::vector<std::string> warnings_of(const Json& metrics, double largest_value) {
  // dr-train's have a part for each of the two.
  const auto number = [&](const char* part, const char* name) {
    const Json& of = metrics.contains(part) ? metrics[part] : metrics;
    return of.contains(name) && of[name].is_number() ? of[name].get<double>()
                                                     : std::numeric_limits<double>::quiet_NaN();
  };
  std::vector<std::string> warnings;
  const auto warn = [&](const char* section, const std::string& what) {
    warnings.push_back(fmt::format("{} (reading-metrics.md: {})", what, section));
  };
  if (const double fraction = number("model", "free_nats_fraction"); fraction >= 0.9)
    warn("KL below the free nats",
         fmt::format("the KL of {:.0f} % of the states lies below model.free_nats, so that their "
                     "prior learns nothing",
                     100 * fraction));
  if (const double saturation = number("behavior", "action_saturation"); saturation >= 0.95)
    warn("Saturated actions",
         fmt::format("{:.0f} % of the imagined actions stand at their bounds", 100 * saturation));
  if (const double value = number("behavior", "value"); value > largest_value)
    warn("Value overestimation",
         fmt::format("the value is {:.4g} on the mean, where no return can exceed {:.4g}", value,
                     largest_value));
  return warnings;
}

}  // namespace dreamer::compare
