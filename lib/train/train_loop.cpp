#include "train/train_loop.h"

#include "collect/evaluation.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/signals.h"
#include "data/prefetch.h"
#include "train/guarded_update.h"
#include "train/metrics.h"

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
        last_(config_.pretrain + job.rounds * config_.updates),
        progress_("updates", last_, state_.updates),
        acting_(*setup.trainer.model().model(), *setup.behavior, setup.domain) {
    if (!state) return;
    if (acts()) acting_.read(io::FileReader(files_.resume));
    log::info("going on from {} after {} of {} updates", files_.resume.string(), state_.updates,
              last_);
  }

  void run(const std::vector<EpisodeResult>& random) {
    announce(random, 0);  // the replay has them already
    if (state_.round == 0) {
      if (!make_updates(config_.pretrain)) return;
      end_round();
    }
    while (state_.round <= job_.rounds) {
      const bool judge = state_.round > 1 && (state_.round - 1) % config_.evaluate_every == 0;
      if (!acts()) freeze();
      ActingRound acting(job_, state_.round, acting_,
                         judge ? ActingRound::Evaluate::yes : ActingRound::Evaluate::no,
                         setup_.device);
      if (!make_updates(config_.updates)) return;
      const Clock::time_point updated = Clock::now();
      const Acted acted = acting.wait();
      log::verbose("round {}: waited {:.1f} s for the policy to finish acting", state_.round,
                   std::chrono::duration<double>(Clock::now() - updated).count());
      if (stopped()) return;
      if (judge) {
        write_evaluated(files_.evaluated(state_.round - 1));
        report(acted.returns, files_.evaluated(state_.round - 1));
      }
      take(acted.episodes);
      end_round();
    }
    finish();
  }

 private:
  /// Whether the policy of this round is an earlier one than that which is being learned.
  [[nodiscard]] bool acts() const { return state_.round > 0 && state_.in_round > 0; }

  void freeze() {
    acting_.refresh(*setup_.trainer.model().model(), *setup_.behavior);
    state_.round_began = seconds();
  }

  /// Makes what is missing of a round's updates; false if a signal stopped it.
  bool make_updates(std::int64_t updates) {
    const FitModelConfig& windows = job_.config.fit_model;
    data::Prefetcher batches(
        setup_.replay, RandomStream(static_cast<std::uint64_t>(job_.seed), "train"),
        {windows.batch, windows.length,
         static_cast<std::uint64_t>(setup_.trainer.begin().model + state_.updates)});
    while (state_.in_round < updates) {
      if (stopped()) return false;
      metrics_.add(guarded_update(
          setup_.trainer, batches.next(), static_cast<std::uint64_t>(state_.updates), {},
          files_.work, [this] { return provenance({}); }, [this] { save(); }));
      ++state_.updates;
      ++state_.in_round;
      progress_.advance();
      if (state_.updates % job_.log_every == 0 || state_.updates == last_) {
        metrics_.write(model_updates(), batches.seconds_waited() - waited_);
        waited_ = batches.seconds_waited();
      }
    }
    waited_ -= batches.seconds_waited();  // of the next prefetcher, which begins at 0
    return true;
  }

  void write_metrics(Json line) {
    line["round"] = state_.round;
    line["frames"] = frames();
    log_.line(line);
  }

  void take(const std::vector<EpisodeResult>& episodes) {
    announce(episodes, frames());
    std::vector<std::filesystem::path> paths;
    for (const EpisodeResult& episode : episodes) paths.push_back(episode.path);
    setup_.replay.add_episodes(paths);
  }

  void announce(const std::vector<EpisodeResult>& episodes, std::int64_t frames_before) {
    std::int64_t frames = frames_before;
    for (const EpisodeResult& episode : episodes) {
      frames += (episode.length - 1) * setup_.domain.action_repeat;
      state_.episodes.push_back(episode.path.filename().string());
      Json line = to_json(episode);
      line["round"] = state_.round;
      line["frames"] = frames;
      log_.line(line);
      if (board_) board_->scalar("episode/return", model_updates(), episode.total_reward);
    }
  }

  void report(const std::vector<double>& returns, const std::filesystem::path& policy) {
    Json line = {{"task", setup_.domain.task}, {"policy", policy.string()}};
    line.update(summarize(returns, job_.seed));
    line["round"] = state_.round - 1;
    line["update"] = model_updates() - state_.in_round;
    line["frames"] = frames();
    line["seconds"] = state_.round_began;
    log_.line(line);
    if (board_) board_->scalar("evaluation/return", line["update"], line["mean"].get<double>());
  }

  void end_round() {
    ++state_.round;
    state_.in_round = 0;
    const bool last = state_.round > job_.rounds;
    if (last || (job_.save_every > 0 && (state_.round - 1) % job_.save_every == 0)) save();
  }

  void finish() {
    freeze();
    Progress progress("episodes of the evaluation", config_.evaluate_episodes);
    std::vector<double> returns;
    try {
      returns = evaluate_policy(job_, acting_, setup_.device, {}, &progress);
    } catch (const signals::Stopped&) {
      stopped();
      return;
    }
    const std::string model = write_model_checkpoint();
    io::FileWriter file(setup_.trainer.format());
    setup_.trainer.behavior().write(file);
    write_counts(file, {behavior_updates(), frames()});
    io::write_provenance(file, provenance({{model, "model"}}));
    file.commit(files_.policy, io::Replace::yes);
    report(returns, files_.policy);
    std::filesystem::remove(files_.resume);
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
    write_model(file, *policy.model.model, setup_.domain);
    write_module(file, "/actor", *policy.behavior->actor);
    write_module(file, "/value", *policy.behavior->value);
    write_counts(file, {behavior_updates() - state_.in_round, frames()});
    io::write_provenance(file, provenance({}));
    file.commit(path, io::Replace::yes);
  }

  /// Whether a signal asked to stop; then everything is saved.
  bool stopped() {
    if (signals::requested() == 0) return false;
    save();
    log::info("stopped after {} updates, in round {} of {}; the same command goes on from {}",
              state_.updates, state_.round, job_.rounds, files_.resume.string());
    return true;
  }

  void save() {
    state_.seconds = seconds();
    state_.log_bytes = log_.bytes();
    state_.digest = fmt::format("{:016x}", setup_.replay.digest());
    io::FileWriter file(setup_.trainer.format());
    setup_.trainer.write(file);
    if (acts()) acting_.write(file);
    write_counts(file, {behavior_updates(), frames()});
    write_state(file, job_, state_);
    io::write_provenance(file, provenance({}));
    file.commit(files_.resume, io::Replace::yes);
  }

  [[nodiscard]] io::Provenance provenance(std::vector<io::Parent> parents) const {
    parents.insert(parents.end(), setup_.parents.begin(), setup_.parents.end());
    parents.push_back({fmt::format("{:016x}", setup_.replay.digest()), "data"});
    io::Provenance made =
        io::new_provenance(setup_.trainer.config(), job_.seed, std::move(parents));
    made.episodes = learned_from(setup_.replay, setup_.episodes);
    return made;
  }

  /// Control steps in the replay.
  [[nodiscard]] std::int64_t frames() const {
    const data::Replay& replay = setup_.replay;
    return (replay.total_rows() - replay.episodes()) * replay.action_repeat();
  }
  [[nodiscard]] std::int64_t model_updates() const {
    return setup_.trainer.begin().model + state_.updates;
  }
  [[nodiscard]] std::int64_t behavior_updates() const {
    return setup_.trainer.begin().behavior + state_.updates;
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
  std::int64_t last_;  // update
  Progress progress_;
  FrozenPolicy acting_;
  double waited_ = 0;  // for data, before the last line of metrics
};

}  // namespace

void run_train(const TrainJob& job, const TrainSetup& setup,
               const std::vector<EpisodeResult>& random, const std::optional<TrainState>& state) {
  TrainRun(job, setup, state).run(random);
}

}  // namespace dreamer
