#include "data/episode_result.h"

#include "core/path_text.h"

namespace dreamer::data {

Json to_json(const EpisodeResult& result) {
  Json line = {{"episode", text_of_path(result.path)}, {"task", result.task}};
  if (result.rewards) line["return"] = result.total_reward;
  line["length"] = result.length;
  line["seed"] = result.seed;
  line["index"] = result.index;
  if (!result.truncated.empty()) line["truncated"] = result.truncated;
  return line;
}

Table episode_table() {
  return Table({{"return", "/return"},
                {"rows", "/length"},
                {"seed", "/seed"},
                {"index", "/index"},
                {"episode", "/episode"}});
}

}  // namespace dreamer::data
