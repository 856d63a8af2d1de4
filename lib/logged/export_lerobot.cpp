#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "core/error.h"
#include "core/progress.h"
#include "io/atomic_file.h"
#include "logged/export_formats.h"
#include "logged/json_spaces.h"
#include "logged/table_writer.h"
#include "media/canvas.h"
#include "media/png.h"

// A LeRobotDataset v3.0 (huggingface/lerobot, src/lerobot/datasets): rows of all episodes in
// Parquet, cameras as PNG inside of them, and what describes them in meta/. A row holds what was
// seen and the action that was done then. The last row of an episode shows what was seen last;
// nothing was done any more, so it repeats the action before; meta/dreamer.json says so, with the
// ranges of the action, to dr-import.

namespace dreamer::logged {
namespace {

namespace fs = std::filesystem;
using Type = TableColumn::Type;

constexpr std::int64_t kMostFileBytes = 100 << 20, kChunk = 1000;
constexpr double kUsualFps = 30;

/// "observation.images.top" of a camera, "observation.state" of a vector.
std::string feature_name(const Space& space) {
  return (space.kind == SpaceKind::image ? "observation.images." : "observation.") + space.name;
}

/// Extremes, mean and standard deviation of values with `size` components.
class Statistics {
 public:
  explicit Statistics(std::int64_t size = 0)
      : low_(static_cast<std::size_t>(size), std::numeric_limits<double>::infinity()),
        high_(low_.size(), -std::numeric_limits<double>::infinity()),
        sum_(low_.size(), 0.0),
        squares_(low_.size(), 0.0) {}

  template <class T>
  void add(std::span<const T> values, double scale = 1) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double x = static_cast<double>(values[i]) * scale;
      const std::size_t at = i % low_.size();
      low_[at] = std::min(low_[at], x);
      high_[at] = std::max(high_[at], x);
      sum_[at] += x;
      squares_[at] += x * x;
    }
    samples_ += static_cast<std::int64_t>(values.size() / low_.size());
  }

  /// @param count rows, where a row has many samples (pixels)
  [[nodiscard]] Json json(std::int64_t count, bool image) const {
    Json mean = Json::array(), stddev = Json::array();
    const auto n = static_cast<double>(std::max<std::int64_t>(samples_, 1));
    for (std::size_t i = 0; i < sum_.size(); ++i) {
      const double m = sum_[i] / n;
      mean.push_back(m);
      stddev.push_back(std::sqrt(std::max(squares_[i] / n - m * m, 0.0)));
    }
    // Of an image [C,1,1].
    const auto shaped = [&](const Json& values) {
      if (!image) return values;
      Json all = Json::array();
      for (const Json& value : values) all.push_back({{value}});
      return all;
    };
    return {{"min", shaped(Json(low_))},
            {"max", shaped(Json(high_))},
            {"mean", shaped(mean)},
            {"std", shaped(stddev)},
            {"count", {count}}};
  }

 private:
  std::vector<double> low_, high_, sum_, squares_;
  std::int64_t samples_ = 0;
};

/// What an episode adds to meta/episodes.
struct Listed {
  std::int64_t length = 0, file = 0;
  std::string task;
};

class LeRobotWriter {
 public:
  LeRobotWriter(const ExportOptions& options, const ExportSink& sink)
      : options_(options), sink_(sink), first_(read_exported(options.episodes.front())) {
    fps_ = options.fps > 0 ? options.fps : number_of(first_->source, "fps", 0);
    if (!(fps_ > 0)) fps_ = kUsualFps;
    signature_ = first_->signature;
    rewards_ = first_->rewards;
    declare();
  }

  void write() {
    const fs::path info = options_.out / "meta/info.json";
    fs::create_directories(info.parent_path());
    io::check_output(info, options_.replace);
    Progress progress("episodes", static_cast<std::int64_t>(options_.episodes.size()));
    for (std::int64_t file = 0; listed_.size() < options_.episodes.size(); ++file) {
      const fs::path path = data_file(file);
      fs::create_directories(path.parent_path());
      io::write_atomically(
          path, options_.replace,
          [&](const fs::path& temporary) {
            const auto table = open_table_writer(temporary, columns_);
            do {
              write_episode(*table, file);
              progress.advance();
            } while (listed_.size() < options_.episodes.size() && table->bytes() < kMostFileBytes);
            table->close();
          },
          /*named=*/true);
      sink_({{"file", path.string()},
             {"episodes", listed_.size()},
             {"steps", rows_ - std::ssize(listed_)}});
    }
    write_episodes();
    write_tasks();
    write_text("meta/stats.json", statistics().dump(4));
    write_text("meta/dreamer.json", for_import().dump(4));
    write_text("meta/info.json", description().dump(4));  // the last: what has one is a dataset
  }

 private:
  [[nodiscard]] fs::path data_file(std::int64_t file) const {
    return options_.out /
           fmt::format("data/chunk-{:03}/file-{:03}.parquet", file / kChunk, file % kChunk);
  }

  void add_feature(const std::string& name, Type type, const char* dtype, io::Shape shape,
                   Json names = nullptr) {
    const std::int64_t size = std::max<std::int64_t>(io::elements_of(shape), 1);
    // A vector of one value is a plain column there.
    const Type stored = size > 1                 ? type
                        : type == Type::reals    ? Type::real
                        : type == Type::integers ? Type::integer
                                                 : type;
    columns_.push_back({name, stored, size});
    features_[name] = {{"dtype", dtype}, {"shape", shape}, {"names", std::move(names)}};
  }

  void declare() {
    for (const Space& space : signature_.observations)
      if (space.kind == SpaceKind::image)
        add_feature(feature_name(space), Type::image, "image", {space.shape[0], space.shape[1], 3},
                    {"height", "width", "channels"});
      else
        add_feature(feature_name(space), Type::reals, "float32", {space.size()});
    const Space& action = signature_.action;
    if (action.kind == SpaceKind::discrete)
      add_feature("action", Type::integers, "int64", {std::ssize(action.groups)});
    else
      add_feature("action", Type::reals, "float32", {action.size()});
    if (rewards_) add_feature("next.reward", Type::real, "float32", {1});
    add_feature("next.discount", Type::real, "float32", {1});
    add_feature("next.done", Type::boolean, "bool", {1});
    add_feature("timestamp", Type::real, "float32", {1});
    for (const char* name : {"frame_index", "episode_index", "index", "task_index"})
      add_feature(name, Type::integer, "int64", {1});
  }

  /// A group of rows.
  void write_episode(TableWriter& table, std::int64_t file) {
    const std::size_t number = listed_.size();
    const data::Episode e = number == 0 ? *std::exchange(first_, std::nullopt)
                                        : read_exported(options_.episodes[number]);
    check_same(signature_, e.signature, options_.episodes[number]);
    if (e.rewards != rewards_)
      throw error("{}: has {}, the first episode has {}; export them into datasets of their own",
                  options_.episodes[number].string(), e.rewards ? "rewards" : "no rewards",
                  rewards_ ? "some" : "none");
    const std::int64_t rows = e.length();
    std::vector<ColumnValues> columns;
    for (const Space& space : signature_.observations)
      columns.push_back(space.kind == SpaceKind::image ? images(space, e) : vector(space, e));
    columns.push_back(actions(e));
    const auto following = [&](const std::vector<float>& values, float last) {
      std::vector<float> next(values.begin() + 1, values.end());
      next.push_back(last);
      return next;
    };
    if (rewards_) {
      columns.emplace_back(following(e.reward, 0));
      add_statistics("next.reward", 1, std::get<std::vector<float>>(columns.back()));
    }
    columns.emplace_back(following(e.discount, e.discount.back()));
    std::vector<std::uint8_t> done(static_cast<std::size_t>(rows), 0);
    done.back() = 1;
    if (rows > 1) done[done.size() - 2] = 1;
    columns.emplace_back(std::move(done));
    const std::string task = e.instruction.empty() ? signature_.task : e.instruction;
    const auto found = std::ranges::find(tasks_, task);
    const std::int64_t task_number = found - tasks_.begin();
    if (found == tasks_.end()) tasks_.push_back(task);
    std::vector<float> time;
    std::vector<std::int64_t> frame, index;
    for (std::int64_t t = 0; t < rows; ++t) {
      time.push_back(static_cast<float>(static_cast<double>(t) / fps_));
      frame.push_back(t);
      index.push_back(rows_ + t);
    }
    columns.emplace_back(std::move(time));
    columns.emplace_back(std::move(frame));
    columns.emplace_back(
        std::vector<std::int64_t>(static_cast<std::size_t>(rows), std::ssize(listed_)));
    columns.emplace_back(std::move(index));
    columns.emplace_back(std::vector<std::int64_t>(static_cast<std::size_t>(rows), task_number));
    table.write(columns);
    listed_.push_back({rows, file, task});
    rows_ += rows;
  }

  template <class T>
  void add_statistics(const std::string& feature, std::int64_t size, const std::vector<T>& values,
                      double scale = 1) {
    const auto [at, added] = statistics_.try_emplace(feature, size);
    at->second.add(std::span<const T>(values), scale);
  }

  ColumnValues images(const Space& space, const data::Episode& e) {
    const std::vector<std::uint8_t>& pixels = e.images.at(space.name);
    std::vector<std::vector<std::byte>> files;
    for (std::int64_t t = 0; t < e.length(); ++t)
      files.push_back(media::encode_png(
          media::canvas_of(std::span(pixels).subspan(static_cast<std::size_t>(t * space.size()),
                                                     static_cast<std::size_t>(space.size())),
                           space.shape[0], space.shape[1], space.shape[2])));
    add_statistics(feature_name(space), space.shape[2], pixels, 1.0 / 255);
    return files;
  }

  ColumnValues vector(const Space& space, const data::Episode& e) {
    const std::vector<float>& values = e.vectors.at(space.name).values;
    add_statistics(feature_name(space), space.size(), values);
    return values;
  }

  /// Of each row the action that was done then; of the last row the one before.
  ColumnValues actions(const data::Episode& e) {
    const Space& space = signature_.action;
    std::vector<float> raw;
    std::vector<std::int64_t> choices;
    for (std::int64_t t = 1; t <= e.length(); ++t)
      add_raw_action(
          space, &e.action[static_cast<std::size_t>(std::min(t, e.length() - 1) * space.size())],
          raw, choices);
    if (space.kind == SpaceKind::discrete) {
      add_statistics("action", std::ssize(space.groups), choices);
      return choices;
    }
    add_statistics("action", space.size(), raw);
    return raw;
  }

  void write_episodes() const {
    std::vector<std::int64_t> number, length, chunk, file, from, to;
    std::vector<std::vector<std::string>> tasks;
    std::int64_t rows = 0;
    for (const Listed& one : listed_) {
      number.push_back(std::ssize(number));
      tasks.push_back({one.task});
      length.push_back(one.length);
      chunk.push_back(one.file / kChunk);
      file.push_back(one.file % kChunk);
      from.push_back(rows);
      to.push_back(rows += one.length);
    }
    const std::vector<std::int64_t> zeros(listed_.size(), 0);
    write_table("meta/episodes/chunk-000/file-000.parquet",
                {{"episode_index", Type::integer},
                 {"tasks", Type::texts},
                 {"length", Type::integer},
                 {"data/chunk_index", Type::integer},
                 {"data/file_index", Type::integer},
                 {"dataset_from_index", Type::integer},
                 {"dataset_to_index", Type::integer},
                 {"meta/episodes/chunk_index", Type::integer},
                 {"meta/episodes/file_index", Type::integer}},
                {number, tasks, length, chunk, file, from, to, zeros, zeros}, {});
  }

  /// The texts are the index of a pandas data frame.
  void write_tasks() const {
    std::vector<std::int64_t> numbers;
    for (std::size_t i = 0; i < tasks_.size(); ++i) numbers.push_back(static_cast<std::int64_t>(i));
    const Json pandas = {{"index_columns", {"__index_level_0__"}},
                         {"column_indexes", Json::array()},
                         {"columns",
                          {{{"name", "task_index"},
                            {"field_name", "task_index"},
                            {"pandas_type", "int64"},
                            {"numpy_type", "int64"},
                            {"metadata", nullptr}},
                           {{"name", nullptr},
                            {"field_name", "__index_level_0__"},
                            {"pandas_type", "unicode"},
                            {"numpy_type", "object"},
                            {"metadata", nullptr}}}},
                         {"pandas_version", "2.0.0"}};
    write_table("meta/tasks.parquet",
                {{"task_index", Type::integer}, {"__index_level_0__", Type::text}},
                {numbers, tasks_}, {{"pandas", pandas.dump()}});
  }

  void write_table(const char* name, const std::vector<TableColumn>& columns,
                   const std::vector<ColumnValues>& values,
                   const std::map<std::string, std::string>& metadata) const {
    const fs::path path = options_.out / name;
    fs::create_directories(path.parent_path());
    io::write_atomically(
        path, options_.replace,
        [&](const fs::path& temporary) {
          const auto table = open_table_writer(temporary, columns, metadata);
          table->write(values);
          table->close();
        },
        /*named=*/true);
  }

  void write_text(const char* name, const std::string& text) const {
    io::write_atomically(options_.out / name, std::as_bytes(std::span(text)), options_.replace);
  }

  [[nodiscard]] Json statistics() const {
    Json all = Json::object();
    for (const auto& [name, one] : statistics_)
      all[name] = one.json(rows_, features_.at(name).at("dtype") == "image");
    return all;
  }

  [[nodiscard]] Json for_import() const {
    Json names = Json::object();
    for (const Space& space : signature_.observations) names[feature_name(space)] = space.name;
    return {
        {"signature", to_json(signature_)}, {"names", names}, {"last_row_repeats_action", true}};
  }

  [[nodiscard]] Json description() const {
    return {{"codebase_version", "v3.0"},
            {"robot_type", nullptr},
            {"total_episodes", listed_.size()},
            {"total_frames", rows_},
            {"total_tasks", tasks_.size()},
            {"chunks_size", kChunk},
            {"data_files_size_in_mb", kMostFileBytes >> 20},
            {"video_files_size_in_mb", 200},
            {"fps", fps_ == std::floor(fps_) ? Json(static_cast<std::int64_t>(fps_)) : Json(fps_)},
            {"splits", {{"train", fmt::format("0:{}", listed_.size())}}},
            {"data_path", "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"},
            {"video_path", nullptr},
            {"features", features_}};
  }

  const ExportOptions& options_;
  const ExportSink& sink_;
  std::optional<data::Episode> first_;  // until it is written
  double fps_ = 0;
  Signature signature_;
  bool rewards_ = true;
  std::vector<TableColumn> columns_;
  Json features_ = Json::object();
  std::map<std::string, Statistics> statistics_;  // by feature
  std::vector<Listed> listed_;
  std::vector<std::string> tasks_;
  std::int64_t rows_ = 0;
};

}  // namespace

void export_lerobot(const ExportOptions& options, const ExportSink& sink) {
  LeRobotWriter(options, sink).write();
}

}  // namespace dreamer::logged
