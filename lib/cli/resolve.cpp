// What the given options stand for: settings of checkpoints, presets and files, one laid over the
// other; the task of a policy; the episodes of --data.
#include <iostream>

#include "cli/program.h"
#include "config/stored_config.h"
#include "core/error.h"
#include "data/episode_list.h"
#include "io/checkpoint_header.h"

namespace dreamer::cli {

void Program::resolve_config() {
  if (config_ == nullptr) return;
  // What continues from a checkpoint keeps its settings, unless set otherwise.
  for (const auto* init : inits_) {
    if (init->empty()) continue;
    const Json made_with = io::read_settings(io::FileReader(*init));
    for (const std::string& section : sections_)
      if (made_with.contains(section))
        merge_stored(*config_, {{section, made_with[section]}}, init->string());
  }
  resolve_policy();
  if (!preset_.empty()) apply_preset(*config_, preset_);
  lay_given_over(*config_);
}

void Program::resolve_policy() {
  // Not with --follow: whether the file is there yet must not decide how a run acts.
  if (policy_ == nullptr || (follow_ != nullptr && *follow_)) return;
  const bool tells_task =
      task_ != nullptr && task_->empty() && !policy_->empty() && *policy_ != "random";
  if (!tells_task && !std::filesystem::is_regular_file(*policy_)) return;
  const io::FileReader policy(*policy_, "dreamer.policy");
  const Signature signature = io::read_model_signature(policy);
  policy_repeat_ = signature.frames_per_step;
  config_->collect.action_repeat = *policy_repeat_;
  if (tells_task) *task_ = signature.task;
}

void Program::leave_pace_to_task(std::int64_t action_repeat) {
  CollectConfig& pace = config_->collect;
  pace.action_repeat = policy_repeat_.value_or(action_repeat);
  pace.action_hold = 1;
  pace.time_limit = 0;
  lay_given_over(*config_);
}

void Program::lay_given_over(Config& config) const {
  for (const auto& file : config_files_) merge_file(config, file);
  for (const auto& setting : settings_) set(config, setting, sections_);
}

void Program::resolve_data() {
  if (data_ == nullptr || data_arguments_.empty()) return;
  if (follow_ == nullptr || !*follow_) {
    *data_ = data::resolve_episodes(data_arguments_, std::cin);
    return;
  }
  for (const std::string& argument : data_arguments_) {
    if (argument == "-") throw usage_error("--follow looks into folders again and again, not at -");
    data_->emplace_back(argument);
  }
}

}  // namespace dreamer::cli
