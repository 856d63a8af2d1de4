#include "cli/summary.h"

#include <string>

#include <fmt/format.h>

#include "core/output.h"

namespace dreamer::cli {
namespace {

std::string of_policy(const Json& s) {
  std::string returns;
  for (const Json& value : s["returns"]) returns += fmt::format(" {}", brief(value));
  return fmt::format(
      "{} by {}, {} episodes\n"
      "  mean return  {}   95 % interval [{}, {}], standard deviation {}\n"
      "  returns     {}\n",
      brief(s["task"]), brief(s["policy"]), brief(s["episodes"]), brief(s["mean"]),
      brief(s["ci95"][0]), brief(s["ci95"][1]), brief(s["std"]), returns);
}

/// A line of the table: the model's figure and those of the two baselines.
std::string row(const Json& figures, const std::string& title, const char* model, const char* last,
                const char* mean) {
  return fmt::format("{:<14}{:>9}{:>14}{:>13}\n", title, brief(figures[model]),
                     brief(figures[last]), brief(figures[mean]));
}

std::string of_observations(const Json& observations) {
  std::string lines;
  for (const auto& [name, figures] : observations.items())
    lines += figures.contains("psnr")
                 ? row(figures, name + ", dB", "psnr", "psnr_repeat_last", "psnr_mean_frame")
                 : row(figures, name, "rmse", "rmse_repeat_last", "rmse_mean");
  return lines;
}

std::string of_model(const Json& s) {
  return fmt::format("{}, {} episodes, {} windows, {} rows seen + {} predicted\n", brief(s["task"]),
                     brief(s["episodes"]), brief(s["starts"]), brief(s["context"]),
                     brief(s["horizon"])) +
         fmt::format("{:<14}{:>9}{:>14}{:>13}\n", "", "model", "repeat last", "mean") +
         (s.contains("psnr") ? row(s, "PSNR, dB", "psnr", "psnr_repeat_last", "psnr_mean_frame")
                             : "") +
         of_observations(s.value("observations", Json::object())) +
         (s.contains("reward_mae")
              ? row(s, "reward error", "reward_mae", "reward_mae_repeat_last", "reward_mae_mean")
              : "");
}

}  // namespace

void show_summary(const Json& summary) {
  if (!shown_to_people())
    emit(summary);
  else
    emit_text(summary.contains("model") ? of_model(summary) : of_policy(summary));
}

}  // namespace dreamer::cli
