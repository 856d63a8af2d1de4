#include "dream/starts.h"

#include <algorithm>

#include "agent/tensors.h"
#include "core/error.h"
#include "core/number.h"
#include "core/random.h"

namespace dreamer {

using torch::Tensor;

namespace {

namespace fs = std::filesystem;

Error too_short(std::int64_t longest, const WindowLength& length) {
  const std::int64_t context = length.context;
  if (length.ahead == 0)
    return error(
        "the longest episode has {0} rows, --context {1} needs {1}; give --context {0} or less",
        longest, context);
  const std::string remedy =
      context < longest ? fmt::format("--horizon {} or less", longest - context)
                        : fmt::format("--context {} or less with --horizon 1", longest - 1);
  return error("the longest episode has {} rows, --context {} --horizon {} need {}; give {}",
               longest, context, length.ahead, length.rows(), remedy);
}

/// The episodes that are long enough.
std::vector<std::int64_t> eligible(const data::Replay& replay, const WindowLength& length) {
  std::vector<std::int64_t> episodes;
  std::int64_t longest = 0;
  for (std::int64_t e = 0; e < replay.episodes(); ++e) {
    longest = std::max(longest, replay.length(e));
    if (replay.length(e) >= length.rows()) episodes.push_back(e);
  }
  if (episodes.empty()) throw too_short(longest, length);
  return episodes;
}

/// "FILE:ROW" in two.
std::pair<fs::path, std::int64_t> parsed(const std::string& place) {
  const auto colon = place.rfind(':');
  const auto row =
      colon == std::string::npos ? std::nullopt : parse_integer(place.substr(colon + 1));
  if (!row || *row < 0 || colon == 0)
    throw usage_error("--at {}: must be FILE:ROW, a row of an episode from 0 on", place);
  return {place.substr(0, colon), *row};
}

}  // namespace

std::vector<Start> random_starts(const data::Replay& replay, std::int64_t count,
                                 const WindowLength& length, std::int64_t seed) {
  const std::vector<std::int64_t> episodes = eligible(replay, length);
  const RandomStream stream(static_cast<std::uint64_t>(seed), "starts");
  std::vector<Start> starts;
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count); ++i) {
    const std::int64_t e = episodes[stream.below(episodes.size(), 0, 2 * i)];
    const auto places = static_cast<std::uint64_t>(replay.length(e) - length.rows() + 1);
    starts.push_back({e, static_cast<std::int64_t>(stream.below(places, 0, 2 * i + 1))});
  }
  return starts;
}

std::vector<Start> spaced_starts(const data::Replay& replay, std::int64_t every,
                                 const WindowLength& length) {
  std::vector<Start> starts;
  for (const std::int64_t e : eligible(replay, length))
    for (std::int64_t row = 0; row + length.rows() <= replay.length(e); row += every)
      starts.push_back({e, row});
  return starts;
}

std::vector<Start> named_starts(const data::Replay& replay, const std::vector<std::string>& places,
                                const WindowLength& length) {
  std::vector<Start> starts;
  for (const std::string& place : places) {
    const auto [file, row] = parsed(place);
    std::int64_t e = 0;
    while (e < replay.episodes() && replay.path(e) != file) ++e;
    if (e == replay.episodes()) throw error("--at {}: {} is not read", place, file.string());
    if (row + length.rows() > replay.length(e))
      throw error("--at {}: the episode has {} rows, {} from row {} on are needed", place,
                  replay.length(e), length.rows(), row);
    starts.push_back({e, row});
  }
  return starts;
}

fs::path file_of_start(const std::string& place) { return parsed(place).first; }

Windows windows_at(const data::Replay& replay, const std::vector<Start>& starts,
                   std::int64_t samples, const WindowLength& length, torch::Device device) {
  Windows windows;
  std::vector<Sequences> parts;
  for (const Start& start : starts) {
    const Sequences part =
        to_sequences(replay.window(start.episode, start.row, length.rows()), device);
    for (std::int64_t k = 0; k < samples; ++k) {
      windows.starts.push_back(start);
      parts.push_back(part);
    }
  }
  const auto join = [&](const auto& tensor_of) {
    std::vector<Tensor> tensors;
    for (const Sequences& part : parts) tensors.push_back(tensor_of(part));
    return torch::cat(tensors);
  };
  Observations observations;
  for (const auto& [name, first] : parts.front().observations)
    observations[name] = join([&](const Sequences& part) { return part.observations.at(name); });
  windows.logged = {std::move(observations),
                    join([](const Sequences& part) { return part.action; }),
                    join([](const Sequences& part) { return part.reward; }),
                    join([](const Sequences& part) { return part.discount; }),
                    join([](const Sequences& part) { return part.mask; })};
  return windows;
}

}  // namespace dreamer
