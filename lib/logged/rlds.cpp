#include <algorithm>
#include <optional>

#include "core/error.h"
#include "core/number.h"
#include "io/foreign_file.h"
#include "logged/array_episodes.h"
#include "logged/formats.h"
#include "logged/json_spaces.h"
#include "logged/tfrecord.h"

// RLDS in TFDS's layout (google-research/rlds, tensorflow_datasets/core/example_serializer.py): a
// folder of features.json, dataset_info.json and record files, a record an episode: the values of
// all steps behind each other under "steps/NAME". Step i has o[i], a[i], r[i]; action and reward of
// the last step lead nowhere.

namespace dreamer::logged {
namespace {

namespace fs = std::filesystem;

/// A feature of a step, as features.json describes it.
struct StepFeature {
  std::string key = {};  // of the Example: "steps/observation/image"
  std::string name = {};
  std::vector<std::int64_t> shape = {};
  bool image = false, text = false, bytes = false;  // bytes: a tensor in a form that is not read
};

std::vector<std::int64_t> shape_of(const Json& feature) {
  std::vector<std::int64_t> shape;
  const Json dimensions = feature.value("shape", Json::object()).value("dimensions", Json::array());
  for (const Json& dimension : dimensions)
    shape.push_back(dimension.is_string() ? parse_integer(dimension.get<std::string>()).value_or(-1)
                                          : dimension.get<std::int64_t>());
  return shape;
}

void find_features(const Json& feature, const std::string& key, const std::string& name,
                   std::vector<StepFeature>& found) {
  if (const auto dict = feature.find("featuresDict"); dict != feature.end()) {
    const Json features = dict->value("features", Json::object());
    for (const auto& [inner, value] : features.items())
      find_features(value, key + "/" + inner, name.empty() ? inner : name + "." + inner, found);
    return;
  }
  StepFeature one{.key = key, .name = name};
  if (const auto image = feature.find("image"); image != feature.end()) {
    one.image = true;
    one.shape = shape_of(*image);
  } else if (const auto tensor = feature.find("tensor"); tensor != feature.end()) {
    one.shape = shape_of(*tensor);
    const Json encoding = tensor->value("encoding", Json("none"));
    one.bytes = encoding != "none" || tensor->value("dtype", Json()) == "string";
  } else if (feature.contains("text")) {
    one.text = true;
  } else if (!feature.contains("classLabel")) {
    one.bytes = true;  // sequences of their own length, videos, …
  }
  found.push_back(std::move(one));
}

bool is_record_file(const fs::path& path) {
  return path.filename().string().find(".tfrecord") != std::string::npos;
}
fs::path folder_of(const fs::path& path) {
  return fs::is_directory(path) ? path : fs::absolute(path).parent_path();
}

class Rlds : public Source {
 public:
  Rlds(const fs::path& path, const SourceOptions& options) : folder_(folder_of(path)) {
    if (!fs::is_directory(path)) files_ = {path};  // one of its record files
    for (const auto& entry : fs::directory_iterator(folder_))
      if (fs::is_directory(path) && is_record_file(entry.path())) files_.push_back(entry.path());
    std::ranges::sort(files_, [](const fs::path& a, const fs::path& b) {
      return io::natural_less(a.filename().string(), b.filename().string());
    });
    for (std::size_t i = 0; i < files_.size(); ++i)
      for (const RecordPlace& place : records_of(files_[i])) places_.push_back({i, place});
    if (places_.empty()) throw error("{} holds no records", path.string());
    read_features(options);
    contents_.format = "RLDS";
    const Json info = fs::exists(folder_ / "dataset_info.json")
                          ? read_python_json(folder_ / "dataset_info.json")
                          : Json::object();
    contents_.dataset = text_of(info, "name", fs::canonical(folder_).filename().string());
  }

  [[nodiscard]] const Contents& contents() const override { return contents_; }
  [[nodiscard]] std::int64_t episodes() const override {
    return static_cast<std::int64_t>(places_.size());
  }
  [[nodiscard]] std::vector<fs::path> files() const override { return files_; }

  [[nodiscard]] LoggedEpisode read(std::int64_t number,
                                   const std::vector<std::string>& wanted) const override {
    const auto& [file, place] = places_[static_cast<std::size_t>(number)];
    LoggedEpisode episode{.name = fmt::format("{}: record {}", files_[file].string(), number)};
    const auto record = std::make_shared<std::string>(read_record(files_[file], place));
    const auto features =
        std::make_shared<std::map<std::string, Feature>>(parse_example(*record, episode.name));
    const auto feature = [&](const std::string& key) -> const Feature& {
      const auto found = features->find(key);
      if (found == features->end()) throw error("{}: there is no {}", episode.name, key);
      return found->second;
    };
    const auto values = [&](const std::string& key) {
      const Feature& f = feature(key);
      std::vector<double> numbers(f.floats.begin(), f.floats.end());
      numbers.insert(numbers.end(), f.integers.begin(), f.integers.end());
      return numbers;
    };

    const std::int64_t steps = static_cast<std::int64_t>(values("steps/is_first").size());
    if (steps < 1) throw error("{}: no steps", episode.name);
    episode.observations = steps;
    episode.action = side_by_side(actions_, steps, values, episode.name);
    if (rewards_) {
      episode.reward = values("steps/reward");
      check_count("steps/reward", episode.reward.size(), steps, episode.name);
    }
    put_end(features->contains("steps/discount") ? values("steps/discount") : std::vector<double>{},
            values("steps/is_terminal"), episode);
    if (instruction_ && features->contains(*instruction_) && !feature(*instruction_).bytes.empty())
      episode.instruction = feature(*instruction_).bytes.front();
    for (const StepFeature& one : observed_) {
      const std::string name = plain_name(one.name);
      if (std::ranges::find(wanted, name) == wanted.end()) continue;
      if (one.image) {
        check_count(one.key, feature(one.key).bytes.size(), steps, episode.name);
        episode.cameras[name] = [record, features, key = one.key, next = std::size_t{0}]() mutable {
          const std::string_view bytes = features->at(key).bytes[next++];
          return media::decode_image(
              {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
        };
        continue;
      }
      const auto numbers = values(one.key);
      auto& vector = episode.vectors[name];
      vector.shape = one.shape.empty() ? std::vector<std::int64_t>{1} : one.shape;
      vector.shape.insert(vector.shape.begin(), steps);
      check_count(one.key, numbers.size(), steps * vector.columns(), episode.name);
      vector.values.assign(numbers.begin(), numbers.end());
    }
    return episode;
  }

 private:
  static void check_count(const std::string& key, std::size_t found, std::int64_t wanted,
                          const std::string& where) {
    if (found != static_cast<std::size_t>(wanted))
      throw error("{}: {} has {} values, {} are needed", where, key, found, wanted);
  }

  template <class Values>
  static Array<double> side_by_side(const std::vector<StepFeature>& parts, std::int64_t steps,
                                    const Values& values, const std::string& where) {
    std::vector<std::vector<double>> columns;
    std::vector<std::int64_t> widths;
    std::int64_t width = 0;
    for (const StepFeature& part : parts) {
      const std::int64_t size = io::elements_of(part.shape);
      columns.push_back(values(part.key));
      check_count(part.key, columns.back().size(), steps * size, where);
      widths.push_back(size);
      width += size;
    }
    Array<double> whole{.shape = {steps, width}, .values = {}};
    for (std::int64_t row = 0; row < steps; ++row)
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto begin = columns[i].begin() + row * widths[i];
        whole.values.insert(whole.values.end(), begin, begin + widths[i]);
      }
    return whole;
  }

  /// is_terminal is of the observation of its step. Demonstrations set it without a real end, and
  /// then all their discounts are 1.
  void put_end(const std::vector<double>& discounts, const std::vector<double>& terminal,
               LoggedEpisode& episode) const {
    check_count("steps/is_terminal", terminal.size(), episode.observations, episode.name);
    episode.discount.assign(terminal.size(), 1.0);
    if (contents_.ends == "none") return;
    const bool demonstration =
        !discounts.empty() && std::ranges::all_of(discounts, [](double d) { return d == 1; });
    if (terminal.back() != 0 && !demonstration) episode.discount.back() = 0;
  }

  void read_features(const SourceOptions& options) {
    const fs::path path = folder_ / "features.json";
    const Json json = read_python_json(path);
    const Json* at = &json;
    for (const char* key : {"featuresDict", "features", "steps", "sequence", "feature"}) {
      const auto inner = at->find(key);
      if (inner == at->end() || !inner->is_object())
        throw error("{} describes no steps; RLDS is read", path.string());
      at = &*inner;
    }
    std::vector<StepFeature> all;
    find_features(*at, "steps", "", all);
    for (StepFeature& one : all) {
      constexpr std::string_view kObservation = "steps/observation";
      const bool action = one.key == "steps/action" || one.key.starts_with("steps/action/");
      if (one.key == "steps/reward") rewards_ = options.reward != "none";
      if (one.key == "steps/language_instruction" && one.text) instruction_ = one.key;
      if (action && !one.bytes && !one.text && !one.image) actions_.push_back(one);
      if (!one.key.starts_with(kObservation)) continue;
      one.name =
          one.name.substr(std::min(one.name.size(), std::string_view("observation.").size()));
      if (one.name.empty()) one.name = "observation";
      if (one.text || one.bytes) {
        contents_.notes.push_back(fmt::format("{} is left out: it holds no numbers", one.name));
        continue;
      }
      observed_.push_back(one);
      Space space{.name = plain_name(one.name), .shape = one.shape};
      if (one.image) space.kind = SpaceKind::image;
      if (space.shape.empty()) space.shape = {1};
      contents_.signature.observations.push_back(std::move(space));
    }
    if (!options.action.empty()) {
      std::vector<StepFeature> chosen;
      for (const std::string& name : options.action) {
        const auto found = std::ranges::find_if(actions_, [&](const StepFeature& f) {
          return f.key == "steps/" + name || f.key == "steps/action/" + name;
        });
        if (found == actions_.end())
          throw usage_error("--action {}: no such part of the action", name);
        chosen.push_back(*found);
      }
      actions_ = std::move(chosen);
    }
    if (actions_.empty()) throw error("{} has no action", path.string());
    std::int64_t width = 0;
    for (const StepFeature& part : actions_) {
      const std::int64_t size = io::elements_of(part.shape);
      if (size < 1) throw error("{}: {} has no fixed size", path.string(), part.key);
      width += size;
    }
    if (actions_.size() > 1)
      contents_.notes.push_back("the parts of the action stand side by side, by name");
    contents_.signature.action = {.name = "action", .shape = {width}};
    contents_.rewards = rewards_;
    contents_.ends = options.ends == "none" ? "none" : "is_terminal, unless every discount is 1";
  }

  struct Place {
    std::size_t file = 0;
    RecordPlace record;
  };
  fs::path folder_;
  std::vector<fs::path> files_;
  std::vector<Place> places_;
  std::vector<StepFeature> observed_, actions_;
  std::optional<std::string> instruction_;
  bool rewards_ = false;
  Contents contents_;
};

}  // namespace

bool is_rlds(const fs::path& path) {
  return (fs::is_directory(path) || is_record_file(path)) &&
         fs::exists(folder_of(path) / "features.json");
}

std::unique_ptr<Source> open_rlds(const fs::path& path, const SourceOptions& options) {
  return std::make_unique<Rlds>(path, options);
}

}  // namespace dreamer::logged
