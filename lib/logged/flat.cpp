#include "logged/flat.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace dreamer::logged {
namespace {

class FlatSource : public Source {
 public:
  explicit FlatSource(FlatFile file) : file_(std::move(file)) {
    const ArrayFile& arrays = *file_.arrays;
    const std::int64_t rows = arrays.info(file_.action.front()).rows();
    std::vector<std::string> names = file_.action;
    for (const std::string& name : {file_.reward, file_.discount, file_.next})
      if (!name.empty()) names.push_back(name);
    for (const Observed& one : file_.observed) names.push_back(one.array);
    for (const std::string& name : names) check_rows(arrays, name, rows);
    for (const Observed& one : file_.observed)
      file_.contents.signature.observations.push_back(one.space);
    file_.contents.signature.action = {.name = "action",
                                       .shape = {matrix(arrays, file_.action, 0, 0).columns()}};
    file_.contents.integer_actions = !arrays.info(file_.action.front()).real;
    file_.contents.rewards = !file_.reward.empty();
  }

  [[nodiscard]] const Contents& contents() const override { return file_.contents; }
  [[nodiscard]] std::int64_t episodes() const override {
    return static_cast<std::int64_t>(file_.episodes.size());
  }
  [[nodiscard]] std::vector<std::filesystem::path> files() const override { return {file_.path}; }

  [[nodiscard]] LoggedEpisode read(std::int64_t number,
                                   const std::vector<std::string>& wanted) const override {
    const auto& [first, rows, ended] = file_.episodes[static_cast<std::size_t>(number)];
    const ArrayFile& arrays = *file_.arrays;
    LoggedEpisode episode{
        .name = fmt::format("{}: rows {} to {}", file_.path.string(), first, first + rows - 1)};
    episode.action = matrix(arrays, file_.action, first, rows);
    if (!file_.reward.empty()) episode.reward = column(arrays, file_.reward, first, rows);
    if (!file_.discount.empty()) episode.discount = column(arrays, file_.discount, first, rows);
    episode.ended = ended;
    read_observations(arrays, file_.observed, wanted, first, rows, episode);
    if (!file_.next.empty()) {  // of one vector, or of the images of one camera
      LoggedEpisode last;
      const Observed next{file_.observed.front().space, file_.next};
      read_observations(arrays, {next}, wanted, first + rows - 1, 1, last);
      append(episode, std::move(last));
    }
    return episode;
  }

 private:
  FlatFile file_;
};

}  // namespace

std::vector<FlatFile::Episode> cut(const std::vector<double>& last,
                                   const std::vector<double>& ended) {
  std::vector<FlatFile::Episode> episodes;
  const auto rows = static_cast<std::int64_t>(last.size());
  std::int64_t first = 0;
  for (std::int64_t i = 0; i < rows; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (last[at] == 0 && i + 1 < rows) continue;
    episodes.push_back({first, i + 1 - first, at < ended.size() && ended[at] != 0});
    first = i + 1;
  }
  return episodes;
}

std::unique_ptr<Source> flat_source(FlatFile file) {
  return std::make_unique<FlatSource>(std::move(file));
}

}  // namespace dreamer::logged
