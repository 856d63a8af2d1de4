#include "core/number.h"
#include "logged/import.h"
#include "logged/import_plan.h"

namespace dreamer::logged {
namespace {

std::string_view name_of(Alignment alignment) {
  switch (alignment) {
    case Alignment::before:
      return "before the action";
    case Alignment::led_here:
      return "after the action, as here";
    case Alignment::with_reward:
      return "with the reward, before the action";
    case Alignment::after:
      return "after the action, without the reset";
  }
  return "";
}

Json action_text_of(const Space& action) {
  Json text = {{"what", action_text(action)}};
  if (!action.low.empty()) {
    text["low"] = as_printed(Json(action.low));
    text["high"] = as_printed(Json(action.high));
  }
  return text;
}

}  // namespace

std::vector<Json> describe_sources(const ImportOptions& options) {
  const Sources sources = open_all(options);
  const ImportPlan plan = make_plan(sources, options);
  std::vector<Json> lines;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const Contents& contents = sources[i]->contents();
    Json cameras = Json::object(), vectors = Json::object();
    for (const Space& space : contents.signature.observations)
      (space.kind == SpaceKind::image ? cameras : vectors)[space.name] = shape_text(space.shape);
    std::int64_t rows = 0;
    for (std::int64_t e = 0; e < sources[i]->episodes(); ++e)
      rows += sources[i]->read(e, {}).action.rows();
    lines.push_back({{"source", options.sources[i].string()},
                     {"format", contents.format},
                     {"dataset", contents.dataset},
                     {"episodes", sources[i]->episodes()},
                     {"steps", rows},
                     {"cameras", cameras},
                     {"vectors", vectors},
                     {"action", action_text_of(plan.rules.signature.action)},
                     {"action_range", plan.origin},
                     {"rewards", contents.rewards},
                     {"ends", contents.ends},
                     {"observations", name_of(contents.alignment)},
                     {"becomes", plan.rules.names},
                     {"notes", plan.notes}});
    if (contents.fps > 0) lines.back()["fps"] = contents.fps;
  }
  return lines;
}

}  // namespace dreamer::logged
