#include "env/environment.h"

#include "env/task.h"

namespace dreamer::env {

std::string to_string(RenderQuality quality) {
  switch (quality) {
    case RenderQuality::none:
      return "none";
    case RenderQuality::fast:
      return "fast";
    case RenderQuality::exact:
      return "exact";
  }
  return "";
}

RenderQuality render_quality(const std::string& word) {
  for (const auto quality : {RenderQuality::none, RenderQuality::fast, RenderQuality::exact})
    if (to_string(quality) == word) return quality;
  throw usage_error("rendering is exact, fast or none, not {}", word);
}

std::int64_t steps_per_episode(const EnvironmentOptions& options) {
  const std::int64_t frames = options.time_limit > 0 ? options.time_limit : kControlSteps;
  return (frames + options.action_repeat - 1) / options.action_repeat;
}

}  // namespace dreamer::env
