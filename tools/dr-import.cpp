#include "cli/program.h"
#include "core/error.h"
#include "core/log.h"
#include "core/number.h"
#include "core/output.h"
#include "core/split.h"
#include "logged/import.h"

namespace {

using namespace dreamer;
using logged::ImportOptions;
using logged::ImportResult;

struct Options : ImportOptions {
  std::string size = "64", fit = "stretch", last_step = "drop", vectors = "all";
  bool list = false;
};

/// "64" or "48x64" (rows x columns).
void parse_size(const std::string& text, logged::ImageOptions& image) {
  constexpr std::int64_t kMost = 4096;
  const auto cross = text.find('x');
  const auto height = parse_integer(text.substr(0, cross)),
             width = cross == std::string::npos ? height : parse_integer(text.substr(cross + 1));
  if (!height || !width || *height < 1 || *width < 1 || *height > kMost || *width > kMost)
    throw usage_error("--size {}: must be N, or ROWSxCOLUMNS, up to {}", text, kMost);
  image.height = *height;
  image.width = *width;
}

void resolve(Options& o) {
  parse_size(o.size, o.image);
  o.image.fit = o.fit == "crop"  ? logged::Fit::crop
                : o.fit == "pad" ? logged::Fit::pad
                                 : logged::Fit::stretch;
  o.ImportOptions::last_step =
      o.last_step == "repeat" ? logged::LastStep::repeat : logged::LastStep::drop;
  o.ImportOptions::vectors = o.vectors != "none";
  if (o.vectors != "all" && o.vectors != "none") o.observations = split(o.vectors, ',');
}

void list(const Options& o, bool json) {
  for (const Json& line : logged::describe_sources(o)) {
    if (json || !shown_to_people()) {
      emit(line);
      continue;
    }
    for (const auto& [key, value] : line.items()) {
      if (value.is_array()) {
        for (const Json& note : value)
          emit_text(fmt::format("{:14}{}\n", key, note.get<std::string>()));
      } else {
        emit_text(fmt::format("{:14}{}\n", key,
                              value.is_string() ? value.get<std::string>() : value.dump()));
      }
    }
  }
}

/// What a user must know of what was lost, a line each.
void report(const ImportResult& result) {
  for (const std::string& note : result.notes) log::info("{}", note);
  const logged::Tally& tally = result.tally;
  if (result.kept > 0) log::info("{} episodes were there already", result.kept);
  if (tally.dropped > 0)
    log::info(
        "{} of {} episodes lose their last action, whose outcome was not recorded; "
        "--last-step repeat keeps it and shows the last observation twice",
        tally.dropped, tally.episodes);
  if (tally.dropped_reward > 0)
    log::warning("{} episodes lose a reward other than 0 with their last action",
                 tally.dropped_reward);
  if (tally.dropped_end > 0)
    log::warning("{} episodes lose their real end with their last action", tally.dropped_end);
  if (tally.clipped > 0) log::warning("{} values of actions were clipped", tally.clipped);
  if (result.too_short > 0) log::warning("{} episodes of one row are left out", result.too_short);
  for (const std::string& bad : result.bad) log::warning("left out: {}", bad);
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  cli::Program program("dr-import", "Turn logged data of others into episodes");
  CLI::App& app = program.app();
  app.add_option("SOURCE", o.sources,
                 "files or folders of logged data, recognised by their contents")
      ->required();
  app.add_option("--out", o.out, "the folder of the episodes (required without --list)")
      ->type_name("DIR");
  app.add_flag("--list", o.list, "say what the sources are and what would be done, and stop");
  program.force(o.replace);
  program.group("What is taken");
  std::vector<std::string> names = {"auto"};
  for (const logged::Format& format : logged::formats()) names.push_back(format.name);
  app.add_option("--format", o.source.format, "the format, where contents do not tell")
      ->type_name(fmt::format("{}", fmt::join(names, "|")))
      ->capture_default_str();
  app.add_option("--map", o.source.map, "a JSON file that describes another layout of HDF5 or npz")
      ->type_name("FILE");
  app.add_option("--episodes", o.episodes, "numbers and ranges, such as 0-99,200; by default all")
      ->type_name("LIST");
  app.add_option(
         "--image", o.images,
         "cameras to take, the first as the image; by default all, and one alone as the image")
      ->delimiter(',')
      ->type_name("NAME,...");
  app.add_option("--observations", o.vectors, "vectors to take")
      ->type_name("all|none|NAME,...")
      ->capture_default_str();
  app.add_option("--action", o.source.action, "the arrays that are the action, side by side")
      ->delimiter(',')
      ->type_name("NAME,...");
  app.add_option("--reward", o.source.reward, "the array of rewards, or none")->type_name("NAME");
  app.add_option("--ends", o.source.ends,
                 "the array that marks real ends, none, or the format's own")
      ->type_name("auto|none|NAME")
      ->capture_default_str();
  program.group("Images");
  app.add_option("--size", o.size, "rows and columns")->type_name("N|YxX")->capture_default_str();
  app.add_option("--fit", o.fit, "where the shape differs: stretch each axis, cut, or add black")
      ->check(CLI::IsMember({"stretch", "crop", "pad"}).description(""))
      ->type_name("stretch|crop|pad")
      ->capture_default_str();
  app.add_flag("--flip", o.image.flip, "turn them upside down");
  app.add_flag("--bgr", o.image.bgr, "they are stored blue first");
  app.add_flag("--grey", o.image.grey, "one channel");
  program.group("Actions and rows");
  app.add_option("--action-range", o.action_range,
                 "what -1 and 1 stand for: as declared, else the format's rule, else the data's "
                 "extremes; or those of the data; or numbers")
      ->type_name("auto|data|LOW:HIGH,...")
      ->capture_default_str();
  app.add_flag("--clip", o.clip, "cut actions outside of the range, and count them");
  program.count("--actions", o.choices, 0, "choices of a discrete action; 0: as many as occur");
  app.add_option("--last-step", o.last_step,
                 "an action whose outcome was not recorded: drop it, or repeat the observation")
      ->check(CLI::IsMember({"drop", "repeat"}).description(""))
      ->type_name("drop|repeat")
      ->capture_default_str();
  program.count("--action-repeat", o.action_repeat, 1, "frames for each action, of the log");
  app.add_option("--task", o.task, "the task's name; by default that of the dataset")
      ->type_name("TASK");
  program.seed(o.seed);
  program.group("How");
  program.count("--threads", o.threads, 1, "episodes at once");
  app.add_flag("--skip-bad", o.skip_bad, "leave out episodes that cannot be read, and count them");
  program.memory_remedy("fewer --threads");
  program.examples({"dr-import pendulum/dict-jpeg-v0 --out episodes",
                    "dr-import demo.hdf5 --image agentview_image --out episodes"});
  program.check([&] {
    if (!o.list && o.out.empty()) throw usage_error("--out is needed: the folder of the episodes");
    resolve(o);
  });
  return program.run(argc, argv, [&] {
    if (o.list) {
      list(o, program.json());
      return;
    }
    Table table = data::episode_table();
    const ImportResult result = logged::import_episodes(
        o, [&](const data::EpisodeResult& episode) { emit(to_json(episode), table); });
    report(result);
  });
}
