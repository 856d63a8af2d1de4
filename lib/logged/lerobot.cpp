#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>

#include "core/error.h"
#include "core/number.h"
#include "io/foreign_file.h"
#include "logged/array_episodes.h"
#include "logged/formats.h"
#include "logged/json_spaces.h"

// LeRobotDataset v3.0 and v2.1 (huggingface/lerobot, src/lerobot/datasets): meta/info.json, rows in
// Parquet, cameras as PNG inside of them or as mp4 beside them; v3.0 keeps many episodes a file.
// Row i has o[i], a[i] and next.reward, that of a[i].

namespace dreamer::logged {
namespace {

namespace fs = std::filesystem;

/// Where an episode lies.
struct Place {
  fs::path rows;
  std::int64_t first = 0, length = 0;
  struct Clip {
    fs::path file;
    double from = 0;  // seconds
  };
  std::map<std::string, Clip> clips;  // by camera
  std::string instruction;
};

/// "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet", filled in.
std::string filled(const std::string& pattern, const std::map<std::string, std::string>& texts,
                   const std::map<std::string, std::int64_t>& numbers) {
  std::string out;
  for (std::size_t at = 0; at < pattern.size();) {
    const auto open = pattern.find('{', at), close = pattern.find('}', open);
    out += pattern.substr(at, open - at);
    if (open == std::string::npos || close == std::string::npos) break;
    const std::string field = pattern.substr(open + 1, close - open - 1),
                      name = field.substr(0, field.find(':'));
    if (const auto text = texts.find(name); text != texts.end()) out += text->second;
    if (const auto number = numbers.find(name); number != numbers.end()) {
      const auto width = field.find(":0");
      const auto digits =
          width == std::string::npos
              ? std::int64_t{0}
              : parse_integer(field.substr(width + 2, field.find('d') == std::string::npos
                                                          ? std::string::npos
                                                          : field.find('d', width) - width - 2))
                    .value_or(0);
      out += fmt::format("{:0{}}", number->second, std::clamp<std::int64_t>(digits, 1, 20));
    }
    at = close + 1;
  }
  if (out.find("..") != std::string::npos || out.starts_with('/'))
    throw error("a path pattern leads out of the dataset: {}", pattern);
  return out;
}

std::vector<Json> read_json_lines(const fs::path& path) {
  std::ifstream file(path);
  if (!file) throw error("{}: cannot be read", path.string());
  std::vector<Json> lines;
  for (std::string line; std::getline(file, line);)
    if (!line.empty())
      lines.push_back(
          parse_python_json(line, fmt::format("{} line {}", path.string(), lines.size() + 1)));
  return lines;
}

std::vector<fs::path> files_below(const fs::path& folder, const char* extension) {
  std::vector<fs::path> files;
  if (fs::is_directory(folder))
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      if (entry.path().extension() == extension) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

std::string without_prefix(const std::string& key) {
  constexpr std::string_view kPrefix = "observation.";
  return key.starts_with(kPrefix) ? key.substr(kPrefix.size()) : key;
}

class LeRobot : public Source {
 public:
  LeRobot(const fs::path& folder, const SourceOptions& options)
      : folder_(folder), info_(read_python_json(folder / "meta/info.json")) {
    const std::string version = text_of(info_, "codebase_version", "");
    contents_.format = fmt::format("LeRobot {}", version);
    contents_.dataset = fs::canonical(folder).filename();
    contents_.fps = number_of(info_, "fps", 0);
    if (fs::exists(folder / "meta/dreamer.json"))
      exported_ = read_python_json(folder / "meta/dreamer.json");
    read_features(options);
    if (version.starts_with("v3"))
      read_places_v3();
    else if (version.starts_with("v2"))
      read_places_v2();
    else
      throw error("{}: codebase_version {} is not read; convert it to v3.0 by LeRobot",
                  folder.string(), version);
    if (places_.empty()) throw error("{} holds no episodes", folder.string());
    read_range();
    read_exported();
  }

  [[nodiscard]] const Contents& contents() const override { return contents_; }
  [[nodiscard]] std::int64_t episodes() const override {
    return static_cast<std::int64_t>(places_.size());
  }
  [[nodiscard]] std::vector<fs::path> files() const override {
    std::vector<fs::path> files = files_below(folder_ / "meta", ".parquet");
    for (const char* name : {"meta/info.json", "meta/episodes.jsonl"})
      if (fs::exists(folder_ / name)) files.push_back(folder_ / name);
    for (const Place& place : places_)
      if (std::ranges::find(files, place.rows) == files.end()) files.push_back(place.rows);
    return files;
  }

  [[nodiscard]] LoggedEpisode read(std::int64_t number,
                                   const std::vector<std::string>& wanted) const override {
    const Place& place = places_[static_cast<std::size_t>(number)];
    LoggedEpisode episode{.name = fmt::format("{}: episode {}", folder_.string(), number)};
    const std::shared_ptr<const ArrayFile> table = table_of(place.rows);
    // Of our own exports the last row holds an observation alone.
    const std::int64_t steps =
        last_row_repeats_ ? std::max<std::int64_t>(place.length - 1, 0) : place.length;
    episode.action = matrix(*table, actions_, place.first, steps);
    if (!reward_.empty()) episode.reward = column(*table, reward_, place.first, steps);
    if (last_row_repeats_ && table->has("next.discount")) {
      episode.discount = column(*table, "next.discount", place.first, steps);
      episode.discount.insert(episode.discount.begin(), 1);
    }
    if (!ends_.empty()) {
      const auto ends = column(*table, ends_, place.first, place.length);
      episode.ended = !ends.empty() && ends.back() != 0;
    }
    episode.instruction =
        place.instruction.empty() ? instruction(*table, place.first) : place.instruction;
    episode.observations = place.length;
    read_observations(*table, observed_, wanted, place.first, place.length, episode);
    for (const auto& [name, key] : videos_)
      if (std::ranges::find(wanted, name) != wanted.end())
        episode.cameras[name] = clip_frames(place.clips.at(key), place.length);
    return episode;
  }

 private:
  void read_features(const SourceOptions& options) {
    const Json features = info_.value("features", Json::object());
    for (const auto& [key, feature] : features.items()) {
      const std::string type = text_of(feature, "dtype", "");
      std::vector<std::int64_t> shape;
      for (const Json& extent : feature.value("shape", Json::array()))
        if (extent.is_number_integer()) shape.push_back(extent.get<std::int64_t>());
      const std::string name = plain_name(
          text_of(exported_.value("names", Json::object()), key.c_str(), without_prefix(key)));
      if (type == "video" || type == "image") {
        // (C,H,W) or (H,W,C)
        if (shape.size() == 3 && shape[0] <= 4 && shape[2] > 4)
          shape = {shape[1], shape[2], shape[0]};
        const bool depth =
            feature.value("info", Json::object()).value("video.is_depth_map", false) ||
            feature.value("info", Json::object()).value("is_depth_map", false);
        if (depth) {
          contents_.notes.push_back(fmt::format("{} is left out: depth is not read", name));
          continue;
        }
        const Space space{.name = name, .kind = SpaceKind::image, .shape = shape};
        contents_.signature.observations.push_back(space);
        if (type == "video")
          videos_[name] = key;
        else
          observed_.push_back({space, key + "/bytes"});
      } else if (key.starts_with("observation")) {
        const Space space{.name = name,
                          .shape = shape.empty() ? std::vector<std::int64_t>{1} : shape};
        if (type == "string") {
          contents_.notes.push_back(fmt::format("{} is left out: it holds no numbers", name));
          continue;
        }
        contents_.signature.observations.push_back(space);
        observed_.push_back({space, key});
      }
    }
    actions_ = options.action.empty() ? std::vector<std::string>{"action"} : options.action;
    std::int64_t width = 0;
    for (const std::string& name : actions_) {
      const auto feature = features.find(name);
      if (feature == features.end())
        throw usage_error("--action {}: {} has no such feature", name, folder_.string());
      width += io::elements_of(feature->value("shape", Json::array()).get<io::Shape>());
      const std::string type = text_of(*feature, "dtype", "");
      contents_.integer_actions = type.starts_with("int") || type.starts_with("uint");
    }
    contents_.signature.action = {.name = "action", .shape = {width}};
    reward_ = options.reward == "none"           ? ""
              : !options.reward.empty()          ? options.reward
              : features.contains("next.reward") ? "next.reward"
                                                 : "";
    contents_.rewards = !reward_.empty();
    // next.done is an end or a time limit, which cannot be told apart.
    if (options.ends != "auto" && options.ends != "none") contents_.ends = ends_ = options.ends;
  }

  void read_places_v3() {
    const std::string data = text_of(info_, "data_path",
                                     "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"),
                      videos = text_of(
                          info_, "video_path",
                          "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4");
    for (const fs::path& file : files_below(folder_ / "meta/episodes", ".parquet")) {
      const auto table = open_table(file);
      const auto whole = [&](const std::string& name) { return column(*table, name, 0, -1); };
      const auto chunk = whole("data/chunk_index"), index = whole("data/file_index"),
                 from = whole("dataset_from_index"), length = whole("length");
      std::map<std::string, std::vector<double>> clip_chunk, clip_file, clip_from;
      for (const auto& [name, key] : videos_) {
        clip_chunk[key] = whole("videos/" + key + "/chunk_index");
        clip_file[key] = whole("videos/" + key + "/file_index");
        clip_from[key] = whole("videos/" + key + "/from_timestamp");
      }
      for (std::size_t i = 0; i < length.size(); ++i) {
        Place place;
        place.rows = folder_ / filled(data, {},
                                      {{"chunk_index", static_cast<std::int64_t>(chunk[i])},
                                       {"file_index", static_cast<std::int64_t>(index[i])}});
        place.first = static_cast<std::int64_t>(from[i]);
        place.length = static_cast<std::int64_t>(length[i]);
        for (const auto& [name, key] : videos_)
          place.clips[key] = {
              folder_ / filled(videos, {{"video_key", key}},
                               {{"chunk_index", static_cast<std::int64_t>(clip_chunk[key][i])},
                                {"file_index", static_cast<std::int64_t>(clip_file[key][i])}}),
              clip_from[key][i]};
        places_.push_back(std::move(place));
      }
    }
    // dataset_from_index counts over all files: a row of a file is the row behind its first one.
    std::map<fs::path, std::int64_t> begins;
    for (const Place& place : places_) {
      const auto [at, added] = begins.emplace(place.rows, place.first);
      if (!added) at->second = std::min(at->second, place.first);
    }
    for (Place& place : places_) place.first -= begins[place.rows];
    read_tasks_v3();
  }

  void read_tasks_v3() {
    const fs::path path = folder_ / "meta/tasks.parquet";
    if (!fs::exists(path)) return;
    const auto table = open_table(path);
    for (const char* name : {"__index_level_0__", "task"})
      if (table->has(name)) {
        if (!table->has("task_index")) return;
        const auto numbers = column(*table, "task_index", 0, -1);
        const auto texts = table->encoded(name, 0, -1);
        for (std::size_t i = 0; i < std::min(texts.size(), numbers.size()); ++i)
          tasks_[numbers[i]].assign(texts[i].begin(), texts[i].end());
        return;
      }
  }

  /// The task of a row, in words.
  [[nodiscard]] std::string instruction(const ArrayFile& table, std::int64_t row) const {
    if (tasks_.empty() || !table.has("task_index")) return {};
    const auto found = tasks_.find(column(table, "task_index", row, 1).front());
    return found == tasks_.end() ? "" : found->second;
  }

  void read_places_v2() {
    const std::string
        data = text_of(info_, "data_path",
                       "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet"),
        videos =
            text_of(info_, "video_path",
                    "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4");
    const std::int64_t chunk =
        std::max<std::int64_t>(static_cast<std::int64_t>(number_of(info_, "chunks_size", 1000)), 1);
    for (const Json& line : read_json_lines(folder_ / "meta/episodes.jsonl")) {
      const auto index = static_cast<std::int64_t>(number_of(line, "episode_index", -1));
      if (index < 0)
        throw error("{}: an episode without episode_index",
                    (folder_ / "meta/episodes.jsonl").string());
      const std::map<std::string, std::int64_t> numbers = {{"episode_chunk", index / chunk},
                                                           {"episode_index", index}};
      Place place;
      place.rows = folder_ / filled(data, {}, numbers);
      place.length = static_cast<std::int64_t>(number_of(line, "length", 0));
      for (const auto& [name, key] : videos_)
        place.clips[key] = {folder_ / filled(videos, {{"video_key", key}}, numbers), 0.0};
      if (const auto tasks = line.find("tasks");
          tasks != line.end() && tasks->is_array() && !tasks->empty() && tasks->front().is_string())
        place.instruction = tasks->front().get<std::string>();
      places_.push_back(std::move(place));
    }
  }

  /// What an export of ours says of itself beside LeRobot's own words.
  void read_exported() {
    if (!exported_.is_object() || exported_.empty()) return;
    last_row_repeats_ = exported_.value("last_row_repeats_action", false);
    const Signature ours = signature_of(exported_.value("signature", Json::object()),
                                        (folder_ / "meta/dreamer.json").string());
    contents_.signature.action = ours.action;
    contents_.unit_actions = ours.action.low.empty() && ours.action.kind == SpaceKind::box;
    if (last_row_repeats_ && ends_.empty()) contents_.ends = "next.discount";
  }

  /// The extremes of the action over all episodes, which meta/stats.json holds.
  void read_range() {
    if (!exported_.empty()) return;
    const fs::path path = folder_ / "meta/stats.json";
    if (!fs::exists(path) || actions_.size() != 1 || contents_.integer_actions) return;
    const Json stats = read_python_json(path).value(actions_.front(), Json::object());
    std::vector<float> low, high;
    for (const auto& [key, bounds] : {std::pair{"min", &low}, std::pair{"max", &high}})
      for (const Json& value : stats.value(key, Json::array()))
        if (value.is_number()) bounds->push_back(value.get<float>());
    Space& action = contents_.signature.action;
    if (low.size() == static_cast<std::size_t>(action.size()) && high.size() == low.size()) {
      action.low = std::move(low);
      action.high = std::move(high);
    }
  }

  /// The table that was asked for last: many episodes share one.
  [[nodiscard]] std::shared_ptr<const ArrayFile> table_of(const fs::path& path) const {
    const std::lock_guard lock(mutex_);
    if (!table_ || table_path_ != path) {
      table_.reset();
      table_ = open_table(path);
      table_path_ = path;
    }
    return table_;
  }

  /// The frames nearest to from + i/fps.
  [[nodiscard]] NextFrame clip_frames(const Place::Clip& clip, std::int64_t count) const {
    if (!(contents_.fps > 0))
      throw error("{}: fps is missing", (folder_ / "meta/info.json").string());
    struct Reading {
      std::unique_ptr<media::VideoReader> video;
      std::optional<media::VideoReader::TimedFrame> ahead;
    };
    auto reading = std::make_shared<Reading>();
    return [reading, clip, count, step = 1 / contents_.fps, next = std::int64_t{0}]() mutable {
      return with_context(clip.file.string(), [&] {
        if (!reading->video) {
          reading->video = media::decoder().video(clip.file);
          if (clip.from > 0) reading->video->seek(clip.from);
        }
        const double wanted = clip.from + static_cast<double>(next) * step;
        if (!reading->ahead) reading->ahead = reading->video->next();
        while (reading->ahead && reading->ahead->seconds < wanted - step / 2)
          reading->ahead = reading->video->next();
        if (!reading->ahead || reading->ahead->seconds > wanted + step / 2)
          throw error("{} frames, {} rows", next, count);
        ++next;
        Frame frame = std::move(reading->ahead->frame);
        reading->ahead.reset();
        return frame;
      });
    };
  }

  fs::path folder_;
  Json info_;
  std::vector<Place> places_;
  std::vector<Observed> observed_;             // in the tables
  std::map<std::string, std::string> videos_;  // our name: the feature
  std::map<double, std::string> tasks_;        // by task_index
  std::vector<std::string> actions_;
  std::string reward_, ends_;
  Json exported_ = Json::object();  // meta/dreamer.json
  bool last_row_repeats_ = false;
  Contents contents_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const ArrayFile> table_;
  mutable fs::path table_path_;
};

}  // namespace

bool is_lerobot(const fs::path& path) {
  return fs::is_directory(path) && fs::exists(path / "meta/info.json");
}

std::unique_ptr<Source> open_lerobot(const fs::path& path, const SourceOptions& options) {
  return std::make_unique<LeRobot>(path, options);
}

}  // namespace dreamer::logged
