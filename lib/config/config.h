#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "config/field.h"
#include "core/json.h"

namespace dreamer {

// Every number of Dreamer (arXiv 1912.01603), with the `paper` preset as the default. What each
// setting means stands once, in config.cpp, beside its name.

/// The world model: sizes and loss.
struct ModelConfig {
  std::string observations;
  std::int64_t depth = 32;
  std::int64_t stoch = 30;
  std::int64_t deter = 200;
  std::int64_t hidden = 200;
  std::int64_t units = 400;
  bool reward_head = true;
  std::int64_t reward_layers = 2;
  std::string gru = "torch";
  double min_std = 0.1;
  std::string image_encoding = "scaled";
  bool image_center = false;
  double image_gain = 1;
  double image_scale = 1;
  std::int64_t vector_units = 200;
  std::int64_t vector_layers = 2;
  std::string vector_encoding = "standardized";
  double vector_scale = 1;
  std::string reward_transform = "none";
  double reward_scale = 1;
  double kl_scale = 1;
  double kl_balance = 0.5;
  double free_nats = 3;
  std::string free_nats_mode = "mean";
  bool discount_head = false;
  std::int64_t discount_layers = 3;
  std::string discount_target = "discounted";
  double discount_gamma = 0.99;
  double discount_scale = 10;
  std::int64_t ensemble = 0;
  std::int64_t ensemble_layers = 2;

  /// [stoch, deter], what every head reads.
  [[nodiscard]] std::int64_t feature() const { return stoch + deter; }
};

/// How the world model is fitted.
struct FitModelConfig {
  std::int64_t batch = 50;
  std::int64_t length = 50;
  double learning_rate = 6e-4;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-7;
  double clip = 100;
};

/// Actor and value, and how they are learned in imagination.
struct BehaviorConfig {
  std::int64_t batch = 50;
  std::int64_t length = 50;
  std::int64_t imagination_starts = 0;
  bool drop_last_start = false;
  std::int64_t horizon = 15;
  double gamma = 0.99;
  double lambda = 0.95;
  double value_target_rate = 1;
  std::string return_scale = "none";
  std::int64_t units = 400;
  std::int64_t actor_layers = 4;
  std::int64_t value_layers = 3;
  double actor_mean_scale = 5;
  double actor_init_std = 5;
  double actor_min_std = 1e-4;
  double entropy_scale = 0;
  double disagreement_scale = 0;
  std::int64_t actor_delay = 0;
  double actor_learning_rate = 8e-5;
  double value_learning_rate = 8e-5;
  double beta1 = 0.9;
  double actor_beta2 = 0.999;
  double value_beta2 = 0.999;
  double epsilon = 1e-7;
  double clip = 100;
  std::int64_t mode_samples = 100;
};

/// How experience is gathered.
struct CollectConfig {
  std::int64_t action_repeat = 2;
  std::int64_t time_limit = 1000;
  double noise = 0.3;
  double epsilon = 0.4;
  double epsilon_end = 0.1;
  std::int64_t epsilon_updates = 200000;
  std::int64_t action_hold = 1;
  double answer_seconds = 60;

  /// How often a discrete action is any action, by a policy of so many updates.
  [[nodiscard]] double epsilon_at(std::int64_t updates) const {
    const double part = epsilon_updates > 0
                            ? static_cast<double>(updates) / static_cast<double>(epsilon_updates)
                            : 1.0;
    return epsilon + (part < 1 ? part : 1.0) * (epsilon_end - epsilon);
  }
};

/// Algorithm 1: how acting and learning alternate. A round is `updates` updates of model and
/// behavior, and `episodes` episodes.
struct TrainConfig {
  std::int64_t prefill = 5;
  std::int64_t pretrain = 100;
  std::int64_t updates = 100;
  std::int64_t episodes = 1;
  std::int64_t evaluate_every = 10;
  std::int64_t evaluate_episodes = 10;
};

/// All settings. A program uses the sections it names and ignores none silently.
struct Config {
  ModelConfig model;
  FitModelConfig fit_model;
  BehaviorConfig behavior;
  CollectConfig collect;
  TrainConfig train;
};

/// The settings of one section; the fields point into `config`.
struct Section {
  std::string name;
  std::string doc;
  Fields fields;
};
[[nodiscard]] std::vector<Section> sections(Config& config);
[[nodiscard]] std::vector<std::string> section_names();

/// The named sections as JSON; all of them if `names` is empty.
[[nodiscard]] Json to_json(const Config& config, const std::vector<std::string>& names = {});

/// Lays `json` ({"model": {"depth": 8}}) over `config`. Unknown keys are usage errors that name the
/// nearest known one.
void merge(Config& config, const Json& json);

/// One `key.path=value` of --set. Sections that `allowed` lacks are refused, saying where the
/// setting comes from instead.
void set(Config& config, const std::string& assignment, const std::vector<std::string>& allowed);

/// Sets all of `config` to a preset ("paper", "paper-gr", "quick"): the defaults with what its file
/// in share/dreamer/presets says.
void apply_preset(Config& config, const std::string& name);
[[nodiscard]] std::vector<std::string> preset_names();

/// Lays a JSON file over `config`.
void merge_file(Config& config, const std::filesystem::path& path);

/// JSON Schema of a configuration, made from the fields.
[[nodiscard]] Json config_schema();

}  // namespace dreamer
