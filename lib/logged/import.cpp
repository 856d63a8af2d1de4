#include "logged/import.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/progress.h"
#include "core/signals.h"
#include "core/workers.h"
#include "data/kept_episode.h"
#include "io/atomic_file.h"
#include "logged/import_plan.h"

namespace dreamer::logged {
namespace {

namespace fs = std::filesystem;

/// The work on all episodes, shared by threads, each with sources of its own.
class Import {
 public:
  Import(const ImportOptions& options, const EpisodeSink& sink)
      : options_(options),
        sink_(sink),
        sources_(open_all(options)),
        plan_(make_plan(sources_, options)),
        episodes_(chosen_episodes(sources_, options)) {
    config_ = config_of(plan_, sources_.front()->contents());
    identity_ = identity(sources_);
    config_["source"] = identity_;
    result_.notes = plan_.notes;
  }

  ImportResult run() {
    const signals::StopRequests stops;
    fs::create_directories(options_.out);
    Progress progress("episodes", static_cast<std::int64_t>(episodes_.size()));
    progress_ = &progress;
    workers_.run(options_.threads, [this](std::int64_t worker) {
      if (worker == 0)
        work(sources_);
      else
        work(open_all(options_));
    });
    if (signals::requested() != 0) throw signals::Stopped();
    return std::move(result_);
  }

 private:
  /// What became of one episode.
  struct Outcome {
    std::optional<data::EpisodeResult> imported;
    Tally tally;
    std::string bad;
    bool too_short = false;
  };

  void work(const Sources& sources) {
    for (std::size_t at; (at = next_++) < episodes_.size();) {
      if (workers_.failed() || signals::requested() != 0) return;
      deliver(at, outcome_of(at, sources));
    }
  }

  Outcome outcome_of(std::size_t at, const Sources& sources) {
    const auto [number, source, index] = episodes_[at];
    Outcome outcome;
    const fs::path path =
        options_.out / data::episode_file_name(plan_.rules.signature.task, options_.seed, number);
    outcome.imported = data::kept_episode(path, options_.replace, [&](const io::FileReader& file) {
      return data::difference_in_config(file, config_);
    });
    if (outcome.imported) return outcome;
    try {
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
      outcome.imported = data::result_of(episode, path);
    } catch (const Error& e) {
      if (!options_.skip_bad || e.code() == ExitCode::usage) throw;
      outcome.bad = e.what();
      outcome.tally = {};
    }
    return outcome;
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
  const EpisodeSink& sink_;
  Sources sources_;
  ImportPlan plan_;
  std::vector<Numbered> episodes_;
  Json config_;
  std::string identity_;

  Workers workers_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;  // guards all below
  Progress* progress_ = nullptr;
  std::map<std::size_t, Outcome> waiting_;
  std::size_t delivered_ = 0;
  ImportResult result_;
};

}  // namespace

ImportResult import_episodes(const ImportOptions& options, const EpisodeSink& sink) {
  return Import(options, sink).run();
}

}  // namespace dreamer::logged
