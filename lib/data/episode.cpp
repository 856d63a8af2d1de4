#include "data/episode.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <numeric>

#include "core/error.h"
#include "io/layout.h"

namespace dreamer::data {
namespace {

constexpr const char* kNoRewards = "none";
constexpr const char* kFormat = "dreamer.episode";
// Sixteen frames a chunk: a window of 50 rows then inflates 64 to 80, and chunks stay large enough
// to be worth their place in the index.
constexpr std::int64_t kImageChunkRows = 16;
// Measured on 64x64 frames of three tasks: level 4 takes half the room of level 1 and is read a
// third faster (11 to 21 us a frame), for 80 to 120 us a frame on writing; higher levels gain
// little.
constexpr int kDeflate = 4;
constexpr std::size_t kLongestTask = 150;  // of its bytes in a file name

std::string at(const io::FileReader& file, const std::string& path) {
  return fmt::format("{}: {}", file.path().string(), path);
}

/// What an episode may hold. The layout says it to `dr-info --check` and here alike: what one
/// refuses, all refuse.
const io::Layout& layout() {
  static const io::Layout instance = io::layout_of(kFormat);
  return instance;
}

/// Checks the values of the dataset at `path`, finite and within their range, [T,columns].
template <class T>
void check_values(const std::string& where, const std::string& path, const std::vector<T>& values,
                  std::int64_t columns) {
  const io::DatasetRule* const rule = io::rule_for(layout(), path);
  if (rule == nullptr) return;
  if (const auto broken = io::broken_row(*rule, values, columns); !broken.empty())
    throw error("{} {}", where, broken);
}

/// Checks an attribute against the layout's range.
std::int64_t ranged_attribute(const io::FileReader& file, const std::string& name) {
  const auto value = file.attribute<std::int64_t>("/", name);
  for (const io::AttributeRule& rule : layout().attributes)
    if (rule.object == "/" && rule.name == name && rule.range.size() == 2 &&
        !(static_cast<double>(value) >= rule.range[0] &&
          static_cast<double>(value) <= rule.range[1]))
      throw error("{} is {}, {} to {} are allowed", file.attribute_place("/", name), value,
                  rule.range[0], rule.range[1]);
  return value;
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

/// The actions of a file of version 1.0, of which an attribute names the kind.
Space action_of(const io::FileReader& file, std::int64_t size) {
  Space continuous{.name = "action", .shape = {size}};
  if (!file.has_attribute("/", "action_space")) return continuous;
  const Json space = file.json_attribute("/", "action_space");
  if (!space.is_object())
    throw error("{} is no JSON object", file.attribute_place("/", "action_space"));
  const auto type = space.find("type");
  return type != space.end() && *type == "discrete" ? discrete_space("action", {size}) : continuous;
}

/// The same, for readers of version 1.0.
Json action_space(const Space& action) {
  if (action.kind == SpaceKind::discrete) return {{"type", "discrete"}, {"n", action.size()}};
  return {{"type", "continuous"}, {"size", action.size()}, {"low", -1.0}, {"high", 1.0}};
}

/// The name under which a field becomes a dataset and an axis.
void check_name(const std::string& name) {
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
  if (!plain || name.front() == '.')
    throw error("'{}' cannot name a field; letters, digits, '_', '-' and '.' can", name);
}

/// `dims`, and the axes after the first of `rank` in all.
std::string with_axes(std::string dims, const std::string& name, std::size_t rank) {
  for (std::size_t axis = 1; axis < rank; ++axis)
    dims += "," + name + (axis == 1 ? "" : std::to_string(axis));
  return dims;
}

template <class T>
void write_arrays(io::FileWriter& file, const std::string& group,
                  const std::map<std::string, Array<T>>& arrays) {
  for (const auto& [name, array] : arrays) {
    check_name(name);
    const std::string path = group + "/" + name;
    check_values(path, path, array.values, array.columns());
    file.dataset(path, with_axes("T", name, array.shape.size()), array.shape, array.values,
                 {.deflate = kDeflate});
  }
}

/// Every dataset right under `group` by its name; deeper ones are left alone.
std::vector<std::pair<std::string, io::DatasetInfo>> datasets_in(const io::FileReader& file,
                                                                 const std::string& group) {
  std::vector<std::pair<std::string, io::DatasetInfo>> found;
  if (!file.has(group)) return found;
  for (auto& info : file.datasets(group)) {
    std::string name = info.path.substr(group.size() + 1);
    if (name.find('/') == std::string::npos) found.emplace_back(std::move(name), std::move(info));
  }
  return found;
}

/// The arrays of `group`, [rows,…].
template <class T>
std::map<std::string, Array<T>> read_arrays(const io::FileReader& file, const std::string& group,
                                            std::int64_t rows) {
  std::map<std::string, Array<T>> arrays;
  for (const auto& [name, info] : datasets_in(file, group)) {
    if (std::is_same_v<T, float> && info.type == "uint8" && info.shape.size() == 4) continue;
    if (info.shape.empty() || info.shape[0] != rows)
      throw error("{} is [{}], {} rows are needed", at(file, info.path), fmt::join(info.shape, ","),
                  rows);
    auto& array = arrays[name];
    array.shape = info.shape;
    array.values = file.read<T>(info.path);
    check_values(at(file, info.path), info.path, array.values, array.columns());
  }
  return arrays;
}

void check_consistent(const Episode& e) {
  const std::int64_t rows = e.length();
  const auto expect = [](const char* path, std::size_t have, std::int64_t want) {
    if (have != static_cast<std::size_t>(want))
      throw error("{} has {} values, {} are needed", path, have, want);
  };
  if (rows < 1) throw error("an episode needs at least its reset row");
  for (const Space& space : e.signature.observations)
    if (space.kind == SpaceKind::image ? !e.images.contains(space.name)
                                       : !e.vectors.contains(space.name))
      throw error("{} is in the signature and not stored", observation_path(space.name));
  expect("/action", e.action.size(), rows * e.signature.action.size());
  expect("/discount", e.discount.size(), rows);
  for (const auto& [name, values] : e.images) {
    const Space* const space = e.signature.observation(name);
    expect(observation_path(name).c_str(), values.size(),
           space == nullptr ? 0 : space->size() * rows);
  }
  for (const auto& [name, array] : e.vectors) {
    const Space* const space = e.signature.observation(name);
    if (space == nullptr || array.shape.size() != space->shape.size() + 1 ||
        !std::equal(space->shape.begin(), space->shape.end(), array.shape.begin() + 1))
      throw error("/observation/{} is [{}], the signature has {}", name,
                  fmt::join(array.shape, ","),
                  space == nullptr ? "none" : shape_text(space->shape));
    expect(("/observation/" + name).c_str(), array.values.size(), rows * array.columns());
  }
  for (const auto& [name, array] : e.physics)
    expect(("/physics/" + name).c_str(), array.values.size(), rows * array.columns());
  check_values("/action", "/action", e.action, e.signature.action.size());
  check_values("/reward", "/reward", e.reward, 1);
  check_values("/discount", "/discount", e.discount, 1);
}

}  // namespace

double Episode::total_reward() const { return std::accumulate(reward.begin(), reward.end(), 0.0); }

std::string observation_path(const std::string& name) {
  return name == "image" ? "/image" : "/observation/" + name;
}

std::string observation_dims(const std::string& leading, const Space& space) {
  if (space.kind == SpaceKind::image) return leading + ",Y,X,C";
  return with_axes(leading, space.name, space.shape.size() + 1);
}

std::string episode_file_name(const std::string& task, std::int64_t seed, std::int64_t index) {
  std::string name = task;
  for (char& c : name)
    if (c == '/' || c == '?' || c == '&' || static_cast<unsigned char>(c) <= ' ') c = '_';
  return fmt::format("{}-{:010}-{:06}.h5", name.substr(0, kLongestTask), seed, index);
}

std::int64_t last_episode_index(const std::filesystem::path& folder, const std::string& task,
                                std::int64_t seed) {
  const std::string first = episode_file_name(task, seed, 0);
  const std::string prefix = first.substr(0, first.size() - std::string("000000.h5").size());
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
  const Signature& signature = episode.signature;
  file.attribute("/", "signature", to_json(signature).dump());
  file.attribute("/", "task", signature.task);
  file.attribute("/", "seed", episode.seed);
  file.attribute("/", "index", episode.index);
  file.attribute("/", "action_repeat", signature.frames_per_step);
  file.attribute("/", "action_space", action_space(signature.action).dump());
  file.attribute("/", "render", episode.render);
  if (!episode.rewards) file.attribute("/", "rewards", kNoRewards);
  if (!episode.truncated.empty()) file.attribute("/", "truncated", episode.truncated);
  if (!episode.instruction.empty()) file.attribute("/", "instruction", episode.instruction);
  if (!episode.source.is_null()) file.attribute("/", "source", episode.source.dump());
  file.attribute("/", "return", episode.total_reward());
  file.attribute("/", "length", rows);
  for (const auto& [name, values] : episode.images)
    if (const Space* const space = signature.observation(name); space != nullptr)
      file.dataset(observation_path(name), "T,H,W,C",
                   {rows, space->shape[0], space->shape[1], space->shape[2]}, values,
                   {.chunk_rows = kImageChunkRows, .deflate = kDeflate});
  const io::Storage numbers{.deflate = kDeflate};
  file.dataset("/action", "T,A", {rows, signature.action.size()}, episode.action, numbers);
  file.dataset("/reward", "T", {rows}, episode.reward, numbers);
  file.dataset("/discount", "T", {rows}, episode.discount, numbers);
  with_context(path.string(), [&] {
    write_arrays(file, "/observation", episode.vectors);
    write_arrays(file, "/physics", episode.physics);
    for (const auto& [name, values] : episode.model) {
      check_name(name);
      const std::string path_in_file = "/physics/model/" + name;
      check_values(path_in_file, path_in_file, values, 1);
      file.dataset(path_in_file, name, {static_cast<std::int64_t>(values.size())}, values);
    }
  });
  io::write_provenance(file, provenance);
  file.commit(path, replace);
}

namespace {

/// The signature of a file of version 1.0, from its datasets and attributes; `action` is /action.
Signature derived_signature(const io::FileReader& file, const io::DatasetInfo& action) {
  Signature signature;
  signature.task = file.attribute<std::string>("/", "task");
  signature.frames_per_step = ranged_attribute(file, "action_repeat");
  signature.protocol = {{"action_repeat", signature.frames_per_step}};
  signature.action = action_of(file, action.shape[1]);
  if (file.has("/image")) {
    const io::DatasetInfo image = file.info("/image");
    check_shape(file, "/image", {action.shape[0], -1, -1, -1}, image);
    signature.observations.push_back(image_space({image.shape[1], image.shape[2], image.shape[3]}));
  }
  for (const auto& [name, info] : datasets_in(file, "/observation")) {
    const bool image = info.type == "uint8" && info.shape.size() == 4;
    if (!info.shape.empty())
      signature.observations.push_back({.name = name,
                                        .kind = image ? SpaceKind::image : SpaceKind::box,
                                        .shape = {info.shape.begin() + 1, info.shape.end()}});
  }
  return signature;
}

/// The file's own signature, which its datasets must bear out.
Signature stored_signature(const io::FileReader& file, const Signature& derived) {
  const std::string where = file.attribute_place("/", "signature");
  const Signature stored = signature_of(file.json_attribute("/", "signature"), where);
  const auto differ = [&](std::string_view what, const auto& said, const auto& found) {
    throw error("{}: {} is {}, but the file has {}", where, what, said, found);
  };
  if (stored.task != derived.task) differ("task", stored.task, derived.task);
  if (stored.frames_per_step != derived.frames_per_step)
    differ("frames_per_step", stored.frames_per_step, derived.frames_per_step);
  if (stored.action.shape != derived.action.shape)
    differ("the action", shape_text(stored.action.shape), shape_text(derived.action.shape));
  for (const Space& space : stored.observations) {
    const Space* const found = derived.observation(space.name);
    // Stored alike are vectors of values and of choices.
    const bool same = found != nullptr && found->shape == space.shape &&
                      (found->kind == SpaceKind::image) == (space.kind == SpaceKind::image);
    if (!same)
      differ(space.name, shape_text(space.shape),
             found == nullptr ? "none" : shape_text(found->shape));
  }
  return stored;
}

}  // namespace

EpisodeHeader read_episode_header(const io::FileReader& file) {
  EpisodeHeader header;
  header.seed = file.attribute<std::int64_t>("/", "seed");
  // Bounded: re-enacting passes over the resets of all episodes before it.
  if (file.has_attribute("/", "index")) header.index = ranged_attribute(file, "index");
  header.render = file.attribute_or<std::string>("/", "render", "");
  header.rewards = file.attribute_or<std::string>("/", "rewards", "") != kNoRewards;
  header.truncated = file.attribute_or<std::string>("/", "truncated", "");
  const io::DatasetInfo action = file.info("/action");
  check_shape(file, "/action", {-1, -1}, action);
  header.length = action.shape[0];
  if (action.shape[0] < 1 || action.shape[1] < 1)
    throw error("{} is [{}], at least one row and one column are needed", at(file, "/action"),
                fmt::join(action.shape, ","));
  if (const auto said = file.attribute_or<std::int64_t>("/", "length", header.length);
      said != header.length)
    throw error("{} is {}, /action has {} rows", file.attribute_place("/", "length"), said,
                header.length);
  header.signature = derived_signature(file, action);
  if (file.has_attribute("/", "signature"))
    header.signature = stored_signature(file, header.signature);
  return header;
}

std::vector<float> read_finite_rows(const io::FileReader& file, const std::string& path,
                                    const io::Shape& shape) {
  check_shape(file, path, shape, file.info(path));
  auto values = file.read<float>(path);
  const std::int64_t columns =
      std::accumulate(shape.begin() + 1, shape.end(), std::int64_t{1}, std::multiplies<>());
  check_values(at(file, path), path, values, columns);
  return values;
}

namespace {

/// The header and /action.
Episode read_actions(const io::FileReader& file) {
  const EpisodeHeader header = read_episode_header(file);
  Episode e;
  e.signature = header.signature;
  e.seed = header.seed;
  e.index = header.index;
  e.render = header.render;
  e.rewards = header.rewards;
  e.truncated = header.truncated;
  e.action = read_finite_rows(file, "/action", {header.length, header.signature.action.size()});
  return e;
}

}  // namespace

Episode read_logged_actions(const std::filesystem::path& path) {
  return read_actions(io::FileReader(path, kFormat));
}

Episode read_episode(const std::filesystem::path& path) {
  const io::FileReader file(path, kFormat);
  Episode e = read_actions(file);
  e.instruction = file.attribute_or<std::string>("/", "instruction", "");
  if (file.has_attribute("/", "source")) e.source = file.json_attribute("/", "source");
  const auto rows = static_cast<std::int64_t>(e.action.size()) / e.signature.action.size();
  e.reward = read_finite_rows(file, "/reward", {rows});
  e.discount = read_finite_rows(file, "/discount", {rows});
  for (const Space& space : e.signature.observations)
    if (space.kind == SpaceKind::image)
      e.images[space.name] = file.read<std::uint8_t>(observation_path(space.name));
  e.vectors = read_arrays<float>(file, "/observation", rows);
  e.physics = read_arrays<double>(file, "/physics", rows);
  if (file.has("/physics/model"))
    for (const auto& info : file.datasets("/physics/model")) {
      auto& values = e.model[info.path.substr(std::string("/physics/model/").size())];
      values = file.read<double>(info.path);
      check_values(at(file, info.path), info.path, values, 1);
    }
  return e;
}

}  // namespace dreamer::data
