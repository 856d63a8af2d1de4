#include "data/episode_result.h"

#include "core/path_text.h"

namespace dreamer::data {

EpisodeResult result_of(const Episode& episode, const std::filesystem::path& path) {
  return {.path = path,
          .task = episode.signature.task,
          .total_reward = episode.total_reward(),
          .length = episode.length(),
          .seed = episode.seed,
          .index = episode.index,
          .truncated = episode.truncated,
          .rewards = episode.rewards};
}

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
