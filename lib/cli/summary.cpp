#include "cli/summary.h"

#include <string>

#include <fmt/format.h>

#include "core/output.h"

namespace dreamer::cli {
namespace {

std::string of_policy(const Json& s) {
  std::string returns;
  for (const Json& value : s["returns"]) returns += " " + brief(value);
  return fmt::format(
      "{} by {}, {} episodes\n"
      "  mean return  {}   95 % interval [{}, {}], standard deviation {}\n"
      "  returns     {}\n",
      brief(s["task"]), brief(s["policy"]), brief(s["episodes"]), brief(s["mean"]),
      brief(s["ci95"][0]), brief(s["ci95"][1]), brief(s["std"]), returns);
}

std::string of_model(const Json& s) {
  const auto row = [&](const char* title, const char* model, const char* last, const char* mean) {
    return fmt::format("{:<14}{:>9}{:>14}{:>13}\n", title, brief(s[model]), brief(s[last]),
                       brief(s[mean]));
  };
  return fmt::format("{}, {} episodes, {} windows, {} rows seen + {} predicted\n", brief(s["task"]),
                     brief(s["episodes"]), brief(s["starts"]), brief(s["context"]),
                     brief(s["horizon"])) +
         fmt::format("{:<14}{:>9}{:>14}{:>13}\n", "", "model", "repeat last", "mean") +
         row("PSNR, dB", "psnr", "psnr_repeat_last", "psnr_mean_frame") +
         row("reward error", "reward_mae", "reward_mae_repeat_last", "reward_mae_mean");
}

}  // namespace

void show_summary(const Json& summary) {
  if (!shown_to_people()) return emit(summary);
  emit_text(summary.contains("psnr") ? of_model(summary) : of_policy(summary));
}

}  // namespace dreamer::cli
