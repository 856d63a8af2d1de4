#include "data/episode.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "core/error.h"

namespace dreamer::data {
namespace {

constexpr const char* kFormat = "dreamer.episode";
// Sixteen frames a chunk: a window of 50 rows then inflates 64 to 80, and chunks stay large enough
// to be worth their place in the index.
constexpr std::int64_t kImageChunkRows = 16;
// Measured on 64x64 frames of three tasks: level 4 takes half the room of level 1 and is read a
// third faster (11 to 21 us a frame), for 80 to 120 us a frame on writing; higher levels gain
// little.
constexpr int kDeflate = 4;

std::string at(const io::FileReader& file, const std::string& path) {
  return fmt::format("{}: {}", file.path().string(), path);
}

/// The first row of a [T,columns] array with a NaN or an infinity; -1 if all is finite.
template <class T>
std::int64_t first_bad_row(const std::vector<T>& values, std::int64_t columns) {
  const auto bad =
      std::find_if(values.begin(), values.end(), [](T x) { return !std::isfinite(x); });
  return bad == values.end() ? -1 : (bad - values.begin()) / std::max<std::int64_t>(columns, 1);
}

template <class T>
void check_finite(const std::string& where, const std::vector<T>& values, std::int64_t columns) {
  if (const std::int64_t row = first_bad_row(values, columns); row >= 0)
    throw error("{} row {} is not finite", where, row);
}

/// Checks a dataset's rank and extents; −1 stands for any extent.
void check_shape(const io::FileReader& file, const std::string& path, const io::Shape& wanted,
                 const io::DatasetInfo& found) {
  bool same = wanted.size() == found.shape.size();
  for (std::size_t i = 0; same && i < wanted.size(); ++i)
    same = wanted[i] < 0 || wanted[i] == found.shape[i];
  if (!same)
    throw error("{} is [{}], [{}] is needed", at(file, path), fmt::join(found.shape, ","),
                fmt::join(wanted, ","));
}

template <class T>
T get(const io::FileReader& file, const std::string& name) {
  const Json value = file.attribute("/", name);
  try {
    return value.get<T>();
  } catch (const Json::exception&) {
    throw error("{}: attribute {} is of the wrong type", file.path().string(), name);
  }
}

template <class T>
T get_or(const io::FileReader& file, const std::string& name, T otherwise) {
  return file.has_attribute("/", name) ? get<T>(file, name) : otherwise;
}

bool is_discrete(const io::FileReader& file) {
  const Json space =
      Json::parse(get_or<std::string>(file, "action_space", "{}"), nullptr, /*exceptions=*/false);
  if (!space.is_object())
    throw error("{}: attribute action_space is not a JSON object", file.path().string());
  const auto type = space.find("type");
  return type != space.end() && *type == "discrete";
}

Json action_space(const Episode& episode) {
  if (episode.discrete) return {{"type", "discrete"}, {"n", episode.action_size}};
  return {{"type", "continuous"}, {"size", episode.action_size}, {"low", -1.0}, {"high", 1.0}};
}

/// The name under which a field becomes a dataset and an axis.
void check_name(const std::string& name) {
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
  if (!plain || name.front() == '.')
    throw error("'{}' cannot name a field; letters, digits, '_', '-' and '.' can", name);
}

template <class T>
void write_tracks(io::FileWriter& file, const std::string& group, std::int64_t rows,
                  const std::map<std::string, Track<T>>& tracks) {
  for (const auto& [name, track] : tracks) {
    check_name(name);
    const std::string path = group + "/" + name;
    check_finite(path, track.values, track.columns);
    file.dataset(path, "T," + name, {rows, track.columns}, track.values, {.deflate = kDeflate});
  }
}

/// Every dataset right under `group` as a track; deeper ones are left alone.
template <class T>
std::map<std::string, Track<T>> read_tracks(const io::FileReader& file, const std::string& group,
                                            std::int64_t rows) {
  std::map<std::string, Track<T>> tracks;
  if (!file.has(group)) return tracks;
  for (const auto& info : file.datasets(group)) {
    const std::string name = info.path.substr(group.size() + 1);
    if (name.find('/') != std::string::npos) continue;
    if (info.shape.empty() || info.shape[0] != rows)
      throw error("{} is [{}], {} rows are needed", at(file, info.path), fmt::join(info.shape, ","),
                  rows);
    auto& track = tracks[name];
    track.columns = std::accumulate(info.shape.begin() + 1, info.shape.end(), std::int64_t{1},
                                    std::multiplies<>());
    track.values = file.read<T>(info.path);
    check_finite(at(file, info.path), track.values, track.columns);
  }
  return tracks;
}

void check_consistent(const Episode& e) {
  const std::int64_t rows = e.length();
  const auto expect = [](const char* path, std::size_t have, std::int64_t want) {
    if (have != static_cast<std::size_t>(want))
      throw error("{} has {} values, {} are needed", path, have, want);
  };
  if (rows < 1) throw error("an episode needs at least its reset row");
  expect("/action", e.action.size(), rows * e.action_size);
  expect("/discount", e.discount.size(), rows);
  expect("/image", e.image.size(), e.image_shape.pixels() * rows);
  for (const auto& [name, track] : e.observations)
    expect(("/observation/" + name).c_str(), track.values.size(), rows * track.columns);
  for (const auto& [name, track] : e.physics)
    expect(("/physics/" + name).c_str(), track.values.size(), rows * track.columns);
  check_finite("/action", e.action, e.action_size);
  check_finite("/reward", e.reward, 1);
  check_finite("/discount", e.discount, 1);
}

}  // namespace

double Episode::total_reward() const { return std::accumulate(reward.begin(), reward.end(), 0.0); }

std::string episode_file_name(const std::string& task, std::int64_t seed, std::int64_t index) {
  return fmt::format("{}-{:010}-{:06}.h5", task, seed, index);
}

std::int64_t last_episode_index(const std::filesystem::path& folder, const std::string& task,
                                std::int64_t seed) {
  const std::string prefix = fmt::format("{}-{:010}-", task, seed);
  std::int64_t last = -1;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix)) continue;
    std::int64_t index = -1;
    std::from_chars(name.data() + prefix.size(), name.data() + name.size(), index);
    if (index >= 0 && name == episode_file_name(task, seed, index)) last = std::max(last, index);
  }
  return last;
}

void write_episode(const std::filesystem::path& path, const Episode& episode,
                   const io::Provenance& provenance, io::Replace replace) {
  with_context(path.string(), [&] { check_consistent(episode); });
  const std::int64_t rows = episode.length();
  io::FileWriter file(kFormat);
  file.attribute("/", "task", episode.task);
  file.attribute("/", "seed", episode.seed);
  file.attribute("/", "index", episode.index);
  file.attribute("/", "action_repeat", episode.action_repeat);
  file.attribute("/", "action_space", action_space(episode).dump());
  file.attribute("/", "render", episode.render);
  file.attribute("/", "return", episode.total_reward());
  file.attribute("/", "length", rows);
  if (const auto& shape = episode.image_shape; shape.pixels() > 0)
    file.dataset("/image", "T,H,W,C", {rows, shape.height, shape.width, shape.channels},
                 episode.image, {.chunk_rows = kImageChunkRows, .deflate = kDeflate});
  const io::Storage numbers{.deflate = kDeflate};
  file.dataset("/action", "T,A", {rows, episode.action_size}, episode.action, numbers);
  file.dataset("/reward", "T", {rows}, episode.reward, numbers);
  file.dataset("/discount", "T", {rows}, episode.discount, numbers);
  with_context(path.string(), [&] {
    write_tracks(file, "/observation", rows, episode.observations);
    write_tracks(file, "/physics", rows, episode.physics);
    for (const auto& [name, values] : episode.model) {
      check_name(name);
      check_finite("/physics/model/" + name, values, 1);
      file.dataset("/physics/model/" + name, name, {static_cast<std::int64_t>(values.size())},
                   values);
    }
  });
  io::write_provenance(file, provenance);
  file.commit(path, replace);
}

EpisodeHeader read_episode_header(const io::FileReader& file) {
  EpisodeHeader header;
  header.task = get<std::string>(file, "task");
  header.seed = get<std::int64_t>(file, "seed");
  header.action_repeat = get<std::int64_t>(file, "action_repeat");
  header.index = get_or<std::int64_t>(file, "index", 0);
  header.render = get_or<std::string>(file, "render", "");
  header.discrete = is_discrete(file);
  const io::DatasetInfo action = file.info("/action");
  check_shape(file, "/action", {-1, -1}, action);
  header.length = action.shape[0];
  header.action_size = action.shape[1];
  if (header.length < 1 || header.action_size < 1)
    throw error("{} is [{}], at least one row and one column are needed", at(file, "/action"),
                fmt::join(action.shape, ","));
  if (file.has("/image")) {
    const io::DatasetInfo image = file.info("/image");
    check_shape(file, "/image", {header.length, -1, -1, -1}, image);
    header.image_shape = {image.shape[1], image.shape[2], image.shape[3]};
  }
  return header;
}

std::vector<float> read_finite_rows(const io::FileReader& file, const std::string& path,
                                    std::int64_t rows, std::int64_t columns) {
  const io::DatasetInfo info = file.info(path);
  check_shape(file, path, path == "/action" ? io::Shape{rows, columns} : io::Shape{rows}, info);
  auto values = file.read<float>(path);
  check_finite(at(file, path), values, columns);
  if (path == "/discount") {
    const auto bad =
        std::find_if(values.begin(), values.end(), [](float d) { return d < 0 || d > 1; });
    if (bad != values.end())
      throw error("{} row {} is {}; discounts lie in 0 to 1", at(file, path), bad - values.begin(),
                  *bad);
  }
  return values;
}

namespace {

/// The header and /action.
Episode read_actions(const io::FileReader& file) {
  const EpisodeHeader header = read_episode_header(file);
  Episode e;
  e.task = header.task;
  e.seed = header.seed;
  e.index = header.index;
  e.action_repeat = header.action_repeat;
  e.action_size = header.action_size;
  e.discrete = header.discrete;
  e.render = header.render;
  e.image_shape = header.image_shape;
  e.action = read_finite_rows(file, "/action", header.length, header.action_size);
  return e;
}

}  // namespace

Episode read_logged_actions(const std::filesystem::path& path) {
  return read_actions(io::FileReader(path, kFormat));
}

Episode read_episode(const std::filesystem::path& path) {
  const io::FileReader file(path, kFormat);
  Episode e = read_actions(file);
  const auto rows = static_cast<std::int64_t>(e.action.size()) / e.action_size;
  e.reward = read_finite_rows(file, "/reward", rows, 1);
  e.discount = read_finite_rows(file, "/discount", rows, 1);
  if (e.image_shape.pixels() > 0) e.image = file.read<std::uint8_t>("/image");
  e.observations = read_tracks<float>(file, "/observation", rows);
  e.physics = read_tracks<double>(file, "/physics", rows);
  if (file.has("/physics/model"))
    for (const auto& info : file.datasets("/physics/model")) {
      auto& values = e.model[info.path.substr(std::string("/physics/model/").size())];
      values = file.read<double>(info.path);
      check_finite(at(file, info.path), values, 1);
    }
  return e;
}

}  // namespace dreamer::data
