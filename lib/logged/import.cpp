#include "logged/import.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "core/error.h"
#include "core/hash.h"
#include "core/number.h"
#include "core/progress.h"
#include "core/signals.h"
#include "core/split.h"
#include "io/atomic_file.h"
#include "logged/action_range.h"

namespace dreamer::logged {
namespace {

namespace fs = std::filesystem;

using Sources = std::vector<std::unique_ptr<Source>>;

Sources open_all(const ImportOptions& options) {
  if (options.sources.empty())
    throw usage_error("no SOURCE: name a file or a folder of logged data");
  Sources sources;
  for (const fs::path& path : options.sources) sources.push_back(open_source(path, options.source));
  return sources;
}

/// One of the episodes of all sources.
struct Numbered {
  std::size_t source = 0;
  std::int64_t episode = 0;
};

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

struct Plan {
  RowRules rules;
  std::vector<std::string> wanted;  // the source's names
  std::string origin;               // of the action's range
  std::vector<std::string> notes;
};

Plan make_plan(const Sources& sources, const ImportOptions& options) {
  const Contents& first = sources.front()->contents();
  Plan plan;
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

/// What identifies the sources: names, sizes and the beginnings of their files.
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

std::string_view name_of(Fit fit) {
  return fit == Fit::stretch ? "stretch" : fit == Fit::crop ? "crop" : "pad";
}

std::string_view name_of(Alignment alignment) {
  switch (alignment) {
    case Alignment::before:
      return "before the action";
    case Alignment::led_here:
      return "after the action, as here";
    case Alignment::with_reward:
      return "with the reward, before the action";
    case Alignment::after:
      return "after the action, without the reset";
  }
  return "";
}

/// The choices that decide what an episode's file holds.
Json config_of(const Plan& plan, const Contents& contents) {
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

/// The work on all episodes, shared by threads, each with sources of its own.
class Import {
 public:
  Import(const ImportOptions& options, const std::function<void(const Imported&)>& sink)
      : options_(options),
        sink_(sink),
        sources_(open_all(options)),
        plan_(make_plan(sources_, options)) {
    std::int64_t count = 0;
    for (const auto& source : sources_) count += source->episodes();
    for (const std::int64_t number : numbers_of(options.episodes, count)) {
      std::int64_t left = number;
      std::size_t at = 0;
      while (left >= sources_[at]->episodes()) left -= sources_[at++]->episodes();
      numbers_.push_back(number);
      places_.push_back({at, left});
    }
    config_ = config_of(plan_, sources_.front()->contents());
    identity_ = identity(sources_);
    config_["source"] = identity_;
    result_.notes = plan_.notes;
  }

  ImportResult run() {
    const signals::StopRequests stops;
    fs::create_directories(options_.out);
    Progress progress("episodes", static_cast<std::int64_t>(numbers_.size()));
    progress_ = &progress;
    std::vector<std::thread> others;
    for (std::int64_t i = 1; i < options_.threads; ++i)
      others.emplace_back([this] { work(nullptr); });
    work(&sources_);
    for (std::thread& thread : others) thread.join();
    if (failure_) std::rethrow_exception(failure_);
    if (signals::requested() != 0) throw signals::Stopped();
    return std::move(result_);
  }

 private:
  /// What became of one episode.
  struct Outcome {
    std::optional<Imported> imported;
    Tally tally;
    std::string bad;
    bool too_short = false;
  };

  void work(const Sources* sources) {
    Sources own;
    try {
      if (sources == nullptr) {
        own = open_all(options_);
        sources = &own;
      }
      for (std::size_t at; (at = next_++) < numbers_.size() && !stopped_;) {
        if (signals::requested() != 0) break;
        deliver(at, outcome_of(at, *sources));
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      stopped_ = true;
    }
  }

  Outcome outcome_of(std::size_t at, const Sources& sources) {
    const std::int64_t number = numbers_[at];
    Outcome outcome;
    const fs::path path =
        options_.out / data::episode_file_name(plan_.rules.signature.task, options_.seed, number);
    if ((outcome.imported = kept(path, number))) return outcome;
    try {
      const auto [source, index] = places_[at];
      LoggedEpisode logged = sources[source]->read(index, plan_.wanted);
      const std::string instruction = logged.instruction;
      data::Episode episode = to_rows(std::move(logged), plan_.rules, outcome.tally);
      if (episode.length() < data::kShortestEpisode) {
        outcome.too_short = true;
        outcome.tally = {};
        return outcome;
      }
      episode.seed = options_.seed;
      episode.index = number;
      episode.instruction = instruction;
      const Contents& contents = sources[source]->contents();
      episode.source = {
          {"format", contents.format}, {"dataset", contents.dataset}, {"episode", index}};
      if (contents.fps > 0) episode.source["fps"] = contents.fps;
      data::write_episode(path, episode,
                          io::new_provenance(config_, options_.seed, {{identity_, "data"}}),
                          options_.replace);
      outcome.imported = Imported{.path = path,
                                  .task = episode.signature.task,
                                  .total_reward = episode.total_reward(),
                                  .length = episode.length(),
                                  .seed = options_.seed,
                                  .index = number};
    } catch (const Error& e) {
      if (!options_.skip_bad || e.code() == ExitCode::usage) throw;
      outcome.bad = e.what();
      outcome.tally = {};
    }
    return outcome;
  }

  /// What an earlier run of the same options has left there.
  [[nodiscard]] std::optional<Imported> kept(const fs::path& path, std::int64_t number) const {
    if (!fs::exists(fs::symlink_status(path))) return std::nullopt;
    std::string reason;
    try {
      const io::FileReader file(path, "dreamer.episode");
      if (io::read_provenance(file).config == config_)
        return Imported{.path = path,
                        .task = plan_.rules.signature.task,
                        .total_reward = file.attribute<double>("/", "return"),
                        .length = file.attribute<std::int64_t>("/", "length"),
                        .seed = options_.seed,
                        .index = number,
                        .kept = true};
      reason = "was made otherwise";
    } catch (const Error& e) {
      reason = fmt::format("is damaged ({})", e.what());
    }
    io::check_output(path, io::Replace::yes);
    if (options_.replace == io::Replace::no)
      throw error("{} exists already and {}; give --force to replace it, or another folder",
                  path.string(), reason);
    return std::nullopt;
  }

  /// Hands outcomes on in the order of the episodes.
  void deliver(std::size_t at, Outcome outcome) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(at, std::move(outcome));
    for (auto first = waiting_.begin(); first != waiting_.end() && first->first == delivered_;
         first = waiting_.erase(first), ++delivered_) {
      const Outcome& one = first->second;
      result_.tally += one.tally;
      if (one.too_short) ++result_.too_short;
      if (!one.bad.empty()) result_.bad.push_back(one.bad);
      if (one.imported && one.imported->kept) ++result_.kept;
      if (one.imported) sink_(*one.imported);
      progress_->advance();
    }
  }

  const ImportOptions& options_;
  const std::function<void(const Imported&)>& sink_;
  Sources sources_;
  Plan plan_;
  std::vector<std::int64_t> numbers_;
  std::vector<Numbered> places_;
  Json config_;
  std::string identity_;

  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;  // guards all below
  Progress* progress_ = nullptr;
  std::map<std::size_t, Outcome> waiting_;
  std::size_t delivered_ = 0;
  ImportResult result_;
  std::exception_ptr failure_;
};

Json action_text_of(const Space& action) {
  Json text = {{"what", action_text(action)}};
  if (!action.low.empty()) {
    text["low"] = as_printed(Json(action.low));
    text["high"] = as_printed(Json(action.high));
  }
  return text;
}

}  // namespace

ImportResult import_episodes(const ImportOptions& options,
                             const std::function<void(const Imported&)>& sink) {
  return Import(options, sink).run();
}

std::vector<Json> describe_sources(const ImportOptions& options) {
  const Sources sources = open_all(options);
  const Plan plan = make_plan(sources, options);
  std::vector<Json> lines;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const Contents& contents = sources[i]->contents();
    Json cameras = Json::object(), vectors = Json::object();
    for (const Space& space : contents.signature.observations)
      (space.kind == SpaceKind::image ? cameras : vectors)[space.name] = shape_text(space.shape);
    std::int64_t rows = 0;
    for (std::int64_t e = 0; e < sources[i]->episodes(); ++e)
      rows += sources[i]->read(e, {}).action.rows();
    lines.push_back({{"source", options.sources[i].string()},
                     {"format", contents.format},
                     {"dataset", contents.dataset},
                     {"episodes", sources[i]->episodes()},
                     {"steps", rows},
                     {"cameras", cameras},
                     {"vectors", vectors},
                     {"action", action_text_of(plan.rules.signature.action)},
                     {"action_range", plan.origin},
                     {"rewards", contents.rewards},
                     {"ends", contents.ends},
                     {"observations", name_of(contents.alignment)},
                     {"becomes", plan.rules.names},
                     {"notes", plan.notes}});
    if (contents.fps > 0) lines.back()["fps"] = contents.fps;
  }
  return lines;
}

}  // namespace dreamer::logged
