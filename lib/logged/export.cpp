#include "logged/export.h"

#include <algorithm>

#include "core/error.h"
#include "core/signals.h"
#include "logged/export_formats.h"

namespace dreamer::logged {

namespace fs = std::filesystem;

data::Episode read_exported(const fs::path& path) {
  if (signals::requested() != 0) throw signals::Stopped();
  return data::read_episode(path);
}

void check_same(const Signature& first, const Signature& other, const fs::path& path) {
  if (first.observations != other.observations || !(first.action == other.action))
    throw error(
        "{}: its observations or actions differ from those of the first episode; export them "
        "into a dataset of their own",
        path.string());
}

void add_raw_action(const Space& space, const float* stored, std::vector<float>& raw,
                    std::vector<std::int64_t>& choices) {
  if (space.kind == SpaceKind::discrete) {
    for (const std::int64_t size : space.groups) {
      choices.push_back(std::max_element(stored, stored + size) - stored);
      stored += size;
    }
    return;
  }
  for (std::int64_t a = 0; a < space.size(); ++a) {
    const auto at = static_cast<std::size_t>(a);
    const double low = space.low.empty() ? -1 : space.low[at],
                 high = space.high.empty() ? 1 : space.high[at];
    raw.push_back(
        static_cast<float>(low + (static_cast<double>(stored[a]) + 1) / 2 * (high - low)));
  }
}

void export_episodes(const ExportOptions& options, const ExportSink& sink) {
  const signals::StopRequests stops;
  switch (options.format) {
    case ExportFormat::minari:
      return export_minari(options, sink);
    case ExportFormat::dreamer:
      return export_dreamer(options, sink);
    case ExportFormat::lerobot:
      return export_lerobot(options, sink);
  }
}

}  // namespace dreamer::logged
