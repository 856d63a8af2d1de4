#include "data/kept_episode.h"

#include "core/error.h"
#include "data/episode.h"

namespace dreamer::data {

namespace fs = std::filesystem;

std::optional<EpisodeResult> kept_episode(
    const fs::path& path, io::Replace replace,
    const std::function<std::string(const io::FileReader&)>& difference) {
  if (!fs::exists(fs::symlink_status(path))) return std::nullopt;
  std::string reason;
  try {
    const io::FileReader file(path, "dreamer.episode");
    reason = difference(file);
    if (reason.empty()) {
      const EpisodeHeader header = read_episode_header(file);
      return EpisodeResult{.path = path,
                           .task = header.signature.task,
                           .total_reward = file.attribute<double>("/", "return"),
                           .length = header.length,
                           .seed = header.seed,
                           .index = header.index,
                           .truncated = header.truncated,
                           .rewards = header.rewards,
                           .kept = true};
    }
  } catch (const Error& e) {
    reason = fmt::format("is damaged ({})", e.what());
  }
  io::check_output(path, io::Replace::yes);  // or --force would be no remedy
  if (replace == io::Replace::no)
    throw error("{} exists already and {}; give --force to replace it, or another folder",
                path.string(), reason);
  return std::nullopt;
}

std::string difference_in_config(const io::FileReader& file, const Json& config) {
  return io::read_provenance(file).config == config ? "" : "was made otherwise";
}

}  // namespace dreamer::data
