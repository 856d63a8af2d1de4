#include "logged/import_plan.h"

#include <algorithm>
#include <fstream>
#include <span>

#include "core/error.h"
#include "core/hash.h"
#include "core/number.h"
#include "core/split.h"
#include "logged/action_range.h"

namespace dreamer::logged {
namespace {

namespace fs = std::filesystem;

/// "0-99,200" as numbers; empty: all below `count`.
std::vector<std::int64_t> numbers_of(const std::string& text, std::int64_t count) {
  std::vector<std::int64_t> numbers;
  if (text.empty())
    for (std::int64_t i = 0; i < count; ++i) numbers.push_back(i);
  for (const std::string& part : split(text, ',')) {
    const auto dash = part.find('-');
    const auto first = parse_integer(part.substr(0, dash)),
               last = dash == std::string::npos ? first : parse_integer(part.substr(dash + 1));
    if (!first || !last || *first < 0 || *last < *first)
      throw usage_error("--episodes {}: must be numbers and ranges, such as 0-99,200", text);
    if (*last >= count)
      throw usage_error("--episodes {}: there are {} episodes, 0 to {}", text, count, count - 1);
    for (std::int64_t i = *first; i <= *last; ++i) numbers.push_back(i);
  }
  return numbers;
}

/// Whether all sources have this observation alike.
bool in_all(const Sources& sources, const Space& space) {
  return std::ranges::all_of(sources, [&](const auto& source) {
    const Space* const other = source->contents().signature.observation(space.name);
    return other != nullptr && other->kind == space.kind &&
           (space.kind != SpaceKind::box || other->shape == space.shape);
  });
}

std::string names_of(const std::vector<const Space*>& spaces) {
  std::vector<std::string> texts;
  for (const Space* space : spaces)
    texts.push_back(fmt::format("{} {}", space->name, shape_text(space->shape)));
  return texts.empty() ? "none" : fmt::format("{}", fmt::join(texts, ", "));
}

/// Those of `all` that are wanted by name, in that order; all where none is named.
std::vector<const Space*> chosen(const std::vector<const Space*>& all,
                                 const std::vector<std::string>& names, const char* option) {
  if (names.empty()) return all;
  std::vector<const Space*> found;
  for (const std::string& name : names) {
    const auto at = std::ranges::find(all, name, &Space::name);
    if (at == all.end()) throw usage_error("{} {}: there are {}", option, name, names_of(all));
    found.push_back(*at);
  }
  return found;
}

std::string_view name_of(Fit fit) {
  return fit == Fit::stretch ? "stretch" : fit == Fit::crop ? "crop" : "pad";
}

}  // namespace

Sources open_all(const ImportOptions& options) {
  if (options.sources.empty())
    throw usage_error("no SOURCE: name a file or a folder of logged data");
  Sources sources;
  for (const fs::path& path : options.sources) sources.push_back(open_source(path, options.source));
  return sources;
}

ImportPlan make_plan(const Sources& sources, const ImportOptions& options) {
  const Contents& first = sources.front()->contents();
  ImportPlan plan;
  for (const auto& source : sources)
    for (const std::string& note : source->contents().notes)
      if (std::ranges::find(plan.notes, note) == plan.notes.end()) plan.notes.push_back(note);

  std::vector<const Space*> cameras, vectors;
  for (const Space& space : first.signature.observations) {
    if (!in_all(sources, space)) {
      plan.notes.push_back(
          fmt::format("{} is left out: not all sources have it alike", space.name));
      continue;
    }
    (space.kind == SpaceKind::image ? cameras : vectors).push_back(&space);
  }
  cameras = chosen(cameras, options.images, "--image");
  vectors = chosen(vectors, options.observations, "--observations");
  if (!options.vectors) vectors.clear();
  if (cameras.empty() && vectors.empty()) {
    plan.notes.emplace_back("no camera and no vector is taken, so there is nothing to learn from");
    throw error("{}: {}", first.dataset, fmt::join(plan.notes, "; "));
  }

  RowRules& rules = plan.rules;
  rules.alignment = first.alignment;
  rules.image = options.image;
  rules.image.flip = options.image.flip != first.upside_down;
  rules.last_step = options.last_step;
  rules.clip = options.clip;
  const std::int64_t channels = rules.image.grey ? 1 : 3;
  std::vector<Space>& observations = rules.signature.observations;
  for (std::size_t i = 0; i < cameras.size(); ++i) {
    // The only camera, or the first that was named, is the image.
    const bool main = cameras.size() == 1 || (i == 0 && !options.images.empty());
    const std::string name = main ? "image" : cameras[i]->name;
    observations.push_back({.name = name,
                            .kind = SpaceKind::image,
                            .shape = {rules.image.height, rules.image.width, channels}});
    rules.names[cameras[i]->name] = name;
  }
  for (const Space* space : vectors) {
    observations.push_back({.name = space->name, .shape = space->shape});
    rules.names[space->name] = space->name;
  }
  std::ranges::sort(observations, {}, &Space::name);
  if (const auto twice = std::ranges::adjacent_find(observations, {}, &Space::name);
      twice != observations.end())
    throw error("{}: two observations would be called {}; choose by --image", first.dataset,
                twice->name);
  for (const auto& [theirs, ours] : rules.names) plan.wanted.push_back(theirs);

  ActionRange range = decide_actions(sources, options.action_range, options.choices);
  rules.one_hot = range.one_hot;
  plan.origin = range.origin;
  rules.signature.action = std::move(range.space);
  rules.signature.task = options.task.empty() ? first.dataset : options.task;
  rules.signature.frames_per_step = options.action_repeat;
  rules.signature.protocol = {{"action_repeat", options.action_repeat}};
  if (!first.rewards) plan.notes.emplace_back("there are no rewards: all are 0");
  return plan;
}

std::vector<Numbered> chosen_episodes(const Sources& sources, const ImportOptions& options) {
  std::int64_t count = 0;
  for (const auto& source : sources) count += source->episodes();
  std::vector<Numbered> chosen;
  for (const std::int64_t number : numbers_of(options.episodes, count)) {
    Numbered one{number, 0, number};
    while (one.episode >= sources[one.source]->episodes())
      one.episode -= sources[one.source++]->episodes();
    chosen.push_back(one);
  }
  return chosen;
}

std::string identity(const Sources& sources) {
  std::uint64_t one = kHashStart, two = ~kHashStart;
  const auto add = [&](std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    one = hash_bytes(one, bytes);
    two = hash_bytes(two ^ one, bytes);
  };
  for (const auto& source : sources)
    for (const fs::path& path : source->files()) {
      std::error_code none;
      std::string start(1 << 16, '\0');
      std::ifstream file(path, std::ios::binary);
      file.read(start.data(), static_cast<std::streamsize>(start.size()));
      start.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
      add(fmt::format("{} {}\n", path.filename().string(), fs::file_size(path, none)));
      add(start);
    }
  return fmt::format("{:016x}{:016x}", one, two);
}

Json config_of(const ImportPlan& plan, const Contents& contents) {
  const RowRules& rules = plan.rules;
  return {{"format", contents.format},
          {"dataset", contents.dataset},
          {"ends", contents.ends},
          {"signature", to_json(rules.signature)},
          {"names", rules.names},
          {"fit", name_of(rules.image.fit)},
          {"flip", rules.image.flip},
          {"bgr", rules.image.bgr},
          {"last_step", rules.last_step == LastStep::drop ? "drop" : "repeat"},
          {"clip", rules.clip},
          {"one_hot", rules.one_hot}};
}

}  // namespace dreamer::logged
