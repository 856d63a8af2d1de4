#include "run/train_loop.h"

#include "collect/evaluation.h"
#include "compare/published.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/signals.h"
#include "core/table.h"
#include "data/prefetch.h"
#include "learner/save_clock.h"
#include "learner/unfinished.h"
#include "run/guarded_update.h"
#include "run/metric_warnings.h"
#include "update/metrics.h"

namespace dreamer {
namespace {

using Clock = std::chrono::steady_clock;

class TrainRun {
 public:
  TrainRun(const TrainJob& job, const TrainSetup& setup, const std::optional<TrainState>& state)
      : job_(job),
        config_(job.config.train),
        setup_(setup),
        files_(job.out),
        state_(state.value_or(TrainState())),
        began_(Clock::now() - std::chrono::duration_cast<Clock::duration>(
                                  std::chrono::duration<double>(state_.seconds))),
        log_(files_.log, state_.log_bytes),
        board_(job.logdir.empty()
                   ? nullptr
                   : std::make_unique<TensorBoard>(job.logdir / "train", model_updates())),
        metrics_(board_.get(), "", [this](const Json& line) { write_metrics(line); }),
        last_(state_.updates + updates_left()),
        saved_(state_.updates),
        save_clock_(job.save_minutes),
        progress_("updates", last_, state_.updates),
        acting_(*setup.trainer.model().model(), *setup.behavior) {
    if (!state) return;
    if (acts()) acting_.read(io::FileReader(files_.resume));
    log::info("continuing from {} after {}", files_.resume.string(), progress_text(state_.updates));
  }

  void run(const std::vector<EpisodeResult>& random) {
    try {
      work(random);
    } catch (const EndedEarly&) {
      throw;
    } catch (...) {
      end(std::current_exception());
    }
  }

 private:
  /// All rounds and the end; left by signals::Stopped at a signal.
  void work(const std::vector<EpisodeResult>& random) {
    announce(random, 0);  // the replay has them already
    add_to_state(random);
    if (state_.round == 0) {
      make_updates(config_.pretrain);
      end_round({});
    }
    while (state_.round <= job_.rounds) {
      const bool judge = state_.round > 1 && (state_.round - 1) % config_.evaluate_every == 0;
      if (!acts()) freeze();
      CollectionRound acting(job_, state_.round, acting_, state_.updates - state_.in_round,
                             judge ? CollectionRound::Evaluate::yes : CollectionRound::Evaluate::no,
                             setup_.device);
      make_updates(config_.updates);
      const Clock::time_point updated = Clock::now();
      const RoundResult acted = acting.wait();
      log::verbose("round {}: waited {:.1f} s for the policy to finish acting", state_.round,
                   std::chrono::duration<double>(Clock::now() - updated).count());
      if (signals::requested() != 0) throw signals::Stopped();
      if (judge) {
        write_evaluated(files_.evaluated(state_.round - 1));
        log_.line(report(acted.returns, files_.evaluated(state_.round - 1)));
      }
      take(acted.episodes);
      end_round(acted.episodes);
    }
    finish();
  }

  /// What is left to do about an exception: to save the run, unless its files are in place.
  void end(const std::exception_ptr& exception) {
    if (in_place_) {
      end_in_place(files_.policy, exception);
    } else if (state_.updates > 0) {
      end_early(unfinished(), exception);
    } else if (signals::requested() != 0) {
      log::info("stopped before the first update; the same command keeps the episodes");
    } else {
      std::rethrow_exception(exception);
    }
  }

  /// Whether the policy of this round is an earlier one than that which is being learned.
  [[nodiscard]] bool acts() const { return state_.round > 0 && state_.in_round > 0; }

  void freeze() {
    acting_.refresh(*setup_.trainer.model().model(), *setup_.behavior);
    state_.round_began = seconds();
  }

  /// Makes what is missing of a round's updates.
  void make_updates(std::int64_t updates) {
    const FitModelConfig& windows = job_.config.fit_model;
    data::Prefetcher batches(
        setup_.replay, RandomStream(static_cast<std::uint64_t>(job_.seed), "train"),
        {windows.batch, windows.length,
         static_cast<std::uint64_t>(setup_.trainer.begin().model + state_.updates)});
    while (state_.in_round < updates) {
      if (signals::requested() != 0) throw signals::Stopped();
      const auto number = static_cast<std::uint64_t>(state_.updates);
      const auto update = setup_.trainer.compute(batches.next(), number);
      const Json metrics = guarded_apply(
          *update, number,
          {files_.work, [this] { return provenance({}); }, [this] { return unfinished(); }});
      ++state_.updates;
      ++state_.in_round;
      metrics_.add(metrics);
      progress_.advance();
      if (state_.updates % job_.log_every == 0 || state_.updates == last_) {
        metrics_.write(model_updates(), batches.seconds_waited() - waited_);
        waited_ = batches.seconds_waited();
      }
      if (save_clock_.is_due()) save_meanwhile();
    }
    waited_ -= batches.seconds_waited();  // of the next prefetcher, which begins at 0
  }

  void write_metrics(Json line) {
    line.update({{"kind", "update"},
                 {"round", state_.round},
                 {"frames", frames()},
                 {"seconds", seconds()}});
    log_.append(line);
    state_.log_bytes = log_.bytes();  // whatever becomes of stdout
    last_metrics_ = line;
    RunLog::show(line);
  }

  void take(const std::vector<EpisodeResult>& episodes) {
    const std::int64_t before = frames();
    std::vector<std::filesystem::path> paths;
    for (const EpisodeResult& episode : episodes) paths.push_back(episode.path);
    setup_.replay.add_episodes(paths);
    announce(episodes, before);
  }

  /// Once all that belongs to them has gone well: what is saved after an error is as before.
  void add_to_state(const std::vector<EpisodeResult>& episodes) {
    for (const EpisodeResult& episode : episodes)
      state_.episodes.push_back(episode.path.filename().string());
    state_.log_bytes = log_.bytes();
    state_.digest = fmt::format("{:016x}", setup_.replay.digest());
    state_.frames_digest = fmt::format("{:016x}", setup_.replay.frames_digest());
  }

  void announce(const std::vector<EpisodeResult>& episodes, std::int64_t frames_before) {
    std::int64_t frames = frames_before;
    for (const EpisodeResult& episode : episodes) {
      frames += (episode.length - 1) * signature().frames_per_step;
      Json line = to_json(episode);
      line.update({{"kind", "episode"},
                   {"round", state_.round},
                   {"frames", frames},
                   {"seconds", seconds()}});
      log_.line(line);
      if (board_) board_->scalar("episode/return", model_updates(), episode.total_reward);
    }
  }

  /// The line of an evaluation.
  Json report(const std::vector<double>& returns, const std::filesystem::path& policy) {
    Json line = {{"kind", "evaluation"}, {"task", signature().task}, {"policy", policy.string()}};
    line.update(summarize(returns, job_.seed));
    line["round"] = state_.round - 1;
    line["update"] = model_updates() - state_.in_round;
    line["frames"] = frames();
    line["seconds"] = state_.round_began;
    if (board_) board_->scalar("evaluation/return", line["update"], line["mean"].get<double>());
    return line;
  }

  void end_round(const std::vector<EpisodeResult>& episodes) {
    tell_round(episodes);
    ++state_.round;
    state_.in_round = 0;
    add_to_state(episodes);
    const bool last = state_.round > job_.rounds;
    if (last || (job_.save_every > 0 && (state_.round - 1) % job_.save_every == 0))
      save_meanwhile();
  }

  /// How far the run is, in a line for people.
  void tell_round(const std::vector<EpisodeResult>& episodes) const {
    std::string text =
        fmt::format("round {} of {}: {} frames", state_.round, job_.rounds, frames());
    if (last_metrics_.contains("model"))
      text += fmt::format(", kl {}", brief(last_metrics_["model"]["kl"]));
    if (!episodes.empty()) {
      double sum = 0;
      for (const EpisodeResult& episode : episodes) sum += episode.total_reward;
      text += fmt::format(", episodes' mean return {}",
                          brief(sum / static_cast<double>(episodes.size())));
    }
    const double minutes = seconds() / 60;
    text += fmt::format(", {:.0f} min", minutes);
    if (state_.updates > 0)
      text +=
          fmt::format(", {:.0f} min left", minutes * static_cast<double>(last_ - state_.updates) /
                                               static_cast<double>(state_.updates));
    log::info("{}", text);
  }

  /// What came of the run.
  void tell_end(const Json& evaluation) const {
    const auto published =
        compare::published_return(signature().task, evaluation["frames"].get<double>());
    log::info("return {} [{}, {}] at {} frames{}, {:.0f} min", brief(evaluation["mean"]),
              brief(evaluation["ci95"][0]), brief(evaluation["ci95"][1]), frames(),
              published ? fmt::format(" (published {})", brief(*published)) : "", seconds() / 60);
    warn_of_metrics(last_metrics_, model_updates(), setup_.trainer.config(), setup_.replay);
  }

  void finish() {
    freeze();
    Progress progress("episodes of the evaluation", config_.evaluate_episodes);
    const std::vector<double> returns =
        evaluate_policy(job_, acting_, setup_.device, {}, &progress);
    const std::string model = write_model_checkpoint();
    io::FileWriter file(setup_.trainer.format());
    setup_.trainer.behavior().write(file);
    write_counts(file, {behavior_updates(), frames()});
    io::write_provenance(file, provenance({{model, "model"}}));
    file.commit(files_.policy, io::Replace::yes);
    in_place_ = true;
    const Json line = report(returns, files_.policy);
    log_.append(line);
    remove_resume(files_.resume);
    RunLog::show(line);
    tell_end(line);
  }

  /// The id of the file.
  std::string write_model_checkpoint() {
    ModelTrainer& trainer = setup_.trainer.model();
    io::FileWriter file(trainer.format());
    trainer.write(file);
    write_counts(file, {model_updates(), frames()});
    const io::Provenance made = provenance({});
    io::write_provenance(file, made);
    file.commit(files_.model, io::Replace::yes);
    return made.id;
  }

  /// What has been evaluated, without optimizers: nothing is learned on from it.
  void write_evaluated(const std::filesystem::path& path) {
    const PolicyCheckpoint& policy = *acting_.policy();
    io::FileWriter file(setup_.trainer.format());
    write_model(file, *policy.model.model);
    write_behavior(file, *policy.behavior);
    write_counts(file, {behavior_updates() - state_.in_round, frames()});
    io::write_provenance(file, provenance({}));
    file.commit(path, io::Replace::yes);
  }

  [[nodiscard]] std::string progress_text(std::int64_t updates) const {
    return fmt::format("{} of {} updates", updates, last_);
  }

  [[nodiscard]] Unfinished unfinished() {
    return {.progress = progress_text(state_.updates),
            .path = files_.resume,
            .saved = saved_ > 0 ? progress_text(saved_) : "",
            .save = [this](const std::filesystem::path& path, io::Replace replace) {
              save(path, replace);
            }};
  }

  /// A disk that is full for now is no reason to stop.
  void save_meanwhile() {
    save_clock_.saved();
    try {
      save(files_.resume, io::Replace::yes);
      saved_ = state_.updates;
    } catch (const Error& e) {
      log::warning("{} could not be saved, and will be tried again: {}",
                   progress_text(state_.updates), e.what());
    }
  }

  void save(const std::filesystem::path& path, io::Replace replace) {
    const signals::SaveInProgress saving;
    state_.seconds = seconds();
    io::FileWriter file(setup_.trainer.format());
    setup_.trainer.write(file);
    if (acts()) acting_.write(file);
    write_counts(file, {behavior_updates(), frames()});
    write_state(file, job_, state_);
    io::write_provenance(file, provenance({}));
    file.commit(path, replace);
  }

  [[nodiscard]] io::Provenance provenance(std::vector<io::Parent> parents) const {
    parents.insert(parents.end(), setup_.parents.begin(), setup_.parents.end());
    parents.push_back({fmt::format("{:016x}", setup_.replay.digest()), "data"});
    io::Provenance made =
        io::new_provenance(setup_.trainer.config(), job_.seed, std::move(parents));
    made.episodes = learned_from(setup_.replay, setup_.episodes);
    return made;
  }

  [[nodiscard]] const Signature& signature() const {
    return setup_.trainer.model().model()->signature();
  }
  /// Frames in the replay.
  [[nodiscard]] std::int64_t frames() const {
    const data::Replay& replay = setup_.replay;
    return (replay.total_rows() - replay.episodes()) * replay.signature().frames_per_step;
  }
  [[nodiscard]] std::int64_t model_updates() const {
    return setup_.trainer.begin().model + state_.updates;
  }
  [[nodiscard]] std::int64_t behavior_updates() const {
    return setup_.trainer.begin().behavior + state_.updates;
  }
  /// Of this round and those after it.
  [[nodiscard]] std::int64_t updates_left() const {
    const std::int64_t of_round = state_.round == 0 ? config_.pretrain : config_.updates;
    return std::max<std::int64_t>(of_round - state_.in_round, 0) +
           (job_.rounds - state_.round) * config_.updates;
  }
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(Clock::now() - began_).count();
  }

  const TrainJob& job_;
  const TrainConfig& config_;
  const TrainSetup& setup_;
  TrainFiles files_;
  TrainState state_;
  Clock::time_point began_;
  RunLog log_;
  std::unique_ptr<TensorBoard> board_;
  MetricsLog metrics_;
  std::int64_t last_;   // update
  std::int64_t saved_;  // updates that are saved where the same command looks for them
  SaveClock save_clock_;
  bool in_place_ = false;
  Progress progress_;
  PolicySnapshot acting_;
  Json last_metrics_;
  double waited_ = 0;  // for data, before the last line of metrics
};

}  // namespace

void run_train(const TrainJob& job, const TrainSetup& setup,
               const std::vector<EpisodeResult>& random, const std::optional<TrainState>& state) {
  TrainRun(job, setup, state).run(random);
}

}  // namespace dreamer
