#include "run/fit_loop.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>

#include "core/log.h"
#include "core/process_clock.h"
#include "core/progress.h"
#include "core/signals.h"
#include "data/prefetch.h"
#include "io/atomic_file.h"
#include "learner/resume_identity.h"
#include "learner/save_clock.h"
#include "learner/unfinished.h"
#include "run/guarded_update.h"
#include "run/metric_warnings.h"
#include "update/metrics.h"

namespace dreamer {
namespace {

constexpr std::int64_t kEndless = std::numeric_limits<std::int64_t>::max();

// Looking takes at most a tenth of the time, however large the folder.
constexpr double kSecondsBetweenLooks = 1, kPauseForALook = 10;

// What must be the same for a resume file to be continued: what decides the result. How many
// updates are asked for does not.
Json identity(const FitJob& job, const FitSetup& setup, const Trainer& trainer,
              const data::Replay& replay) {
  Json parents = Json::array();
  for (const io::Parent& parent : setup.parents()) parents.push_back({parent.role, parent.id});
  return {{"config", trainer.config()},
          {"seed", job.seed},
          {"parents", parents},
          {"data", fmt::format("{:016x}", replay.digest())},
          {"frames", fmt::format("{:016x}", replay.frames_digest())}};
}

class Fit {
 public:
  Fit(const FitJob& job, const FitSetup& setup, Trainer& trainer, const data::Replay& replay)
      : job_(job),
        setup_(setup),
        trainer_(trainer),
        replay_(replay),
        identity_(identity(job, setup, trainer, replay)),
        first_(setup.begin.updates),
        last_(job.updates > 0 ? first_ + job.updates : kEndless),
        done_(first_),
        saved_(first_),
        save_clock_(job.save_minutes) {}

  void run() {
    io::check_output(job_.out, job_.replace);
    const std::optional<io::FileReader> earlier = find_earlier();
    if (!job_.logdir.empty())
      board_ = std::make_unique<TensorBoard>(job_.logdir / setup_.stream, done_);
    try {
      work(earlier);
    } catch (const EndedEarly&) {
      throw;
    } catch (...) {
      end(std::current_exception());
    }
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// Makes the updates and puts the output in place; left by signals::Stopped at a signal.
  void work(const std::optional<io::FileReader>& earlier) {
    MetricsLog metrics(board_.get(), setup_.stream);
    data::Prefetcher batches(replay_,
                             RandomStream(static_cast<std::uint64_t>(job_.seed), setup_.stream),
                             {setup_.batch, setup_.length, static_cast<std::uint64_t>(done_)});
    if (earlier) trainer_.read(*earlier);  // while the first batches are prepared
    Progress progress("updates", job_.updates, done_ - first_);
    double waited = 0;
    Json line;
    const auto write_metrics = [&](Json more) {
      const double now = batches.seconds_waited() + seconds_ahead_;
      more.update(
          {{"kind", setup_.stream}, {"frames", frames()}, {"seconds", seconds_since_start()}});
      line = metrics.write(done_, now - waited, more);
      waited = now;
    };
    const std::int64_t found = done_;
    while (done_ < last_) {
      if (job_.follow) keep_up();
      if (signals::requested() != 0) throw signals::Stopped();
      const data::Batch batch = batches.next();
      const auto start = Clock::now();
      const Json of_update = update(batch);
      ++done_;
      metrics.add(of_update);
      seconds_updating_ += seconds_since(start);
      progress.advance();
      if ((done_ - first_) % job_.log_every == 0 && done_ < last_) write_metrics(Json::object());
      if (board_ && setup_.images) setup_.images(*board_, done_);
      if (save_is_due() && done_ < last_) save_meanwhile();
    }
    put_in_place();
    if (done_ == found) return;
    write_metrics({{"overhead_seconds", seconds_since_start() - seconds_updating_}});
    warn_of_metrics(line, done_, trainer_.config(), replay_);
  }

  /// What is left to do about an exception: to save the work, unless that is in place.
  void end(const std::exception_ptr& exception) {
    if (in_place_) {
      end_in_place(job_.out, exception);
    } else if (done_ > first_) {
      end_early(unfinished(), exception);
    } else if (signals::requested() != 0) {
      log::info("stopped before the first update");
    } else {
      std::rethrow_exception(exception);
    }
  }

  /// Looks for what is new, unless it just has; waits for data while there are too few for the
  /// updates made. What is waited for may need what was learned so far, so that is published first.
  void keep_up() {
    if (Clock::now() >= next_look_) look();
    while (ahead_of_data() && signals::requested() == 0) {
      save_meanwhile();
      const auto start = Clock::now();
      signals::pause(kSecondsBetweenLooks);
      look();
      seconds_ahead_ += seconds_since(start);
    }
  }

  void look() {
    const auto start = Clock::now();
    setup_.look();
    const double pause = std::max(kSecondsBetweenLooks, kPauseForALook * seconds_since(start));
    next_look_ = Clock::now() +
                 std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(pause));
  }

  static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  /// Of this process: all of it, and what was anything else than updates.
  [[nodiscard]] std::int64_t agent_steps() const {
    return replay_.total_rows() - replay_.episodes();  // rows less resets
  }

  [[nodiscard]] std::int64_t frames() const {
    return agent_steps() * replay_.signature().frames_per_step;
  }

  [[nodiscard]] bool ahead_of_data() const {
    return job_.train_ratio > 0 && static_cast<double>(done_ - first_ + 1) >
                                       job_.train_ratio * static_cast<double>(agent_steps());
  }

  Json update(const data::Batch& batch) {
    const auto number = static_cast<std::uint64_t>(done_);
    const auto update = trainer_.compute(batch, number);
    if (!job_.dump_step.empty() && done_ == first_)
      write_step(*update, job_.dump_step, job_.replace, provenance());
    return guarded_apply(
        *update, number,
        {job_.out, [this] { return provenance(); }, [this] { return unfinished(); }});
  }

  /// What this fit continues from, if anything: its own unfinished work, or else the checkpoint
  /// that
  /// --init names.
  std::optional<io::FileReader> find_earlier() {
    const auto path = unfinished_path();
    if (std::filesystem::exists(path)) {
      io::FileReader file(path, trainer_.format());
      if (!job_.follow) check_same_job(file);
      done_ = saved_ = read_counts(file).updates;
      if (done_ > last_ && !job_.follow)
        throw error("{}: has {} updates already, --updates is {}; give at least as many",
                    path.string(), done_ - first_, job_.updates);
      log::info("continuing from {} after {}", path.string(), progress_text(done_));
      return file;
    }
    if (!job_.init.empty()) return io::FileReader(job_.init, trainer_.format());
    return std::nullopt;
  }

  void check_same_job(const io::FileReader& file) const {
    const std::string different = differences(file.json_attribute("/progress", "job"), identity_);
    if (!different.empty())
      throw error(
          "{0}: was left by another command: {1}; give what that one had, learn on from it "
          "under another name (--init {0} --out ...), or remove it",
          file.path().string(), different);
  }

  [[nodiscard]] std::string progress_text(std::int64_t update) const {
    return job_.updates > 0 ? fmt::format("{} of {} updates", update - first_, job_.updates)
                            : fmt::format("{} updates", update - first_);
  }

  /// Where the work lies until it is done; with --follow it is never done.
  [[nodiscard]] std::filesystem::path unfinished_path() const {
    return job_.follow ? job_.out : resume_path(job_.out);
  }

  [[nodiscard]] Unfinished unfinished() {
    return {.progress = progress_text(done_),
            .path = unfinished_path(),
            .saved = saved_ > first_ ? progress_text(saved_) : "",
            .save = [this](const std::filesystem::path& path, io::Replace replace) {
              const bool is_saved = saved_ == done_ && path == unfinished_path();
              if (is_saved && std::filesystem::exists(path)) return;
              save(path, replace, /*resumable=*/!job_.follow);
            }};
  }

  [[nodiscard]] bool save_is_due() const {
    return save_clock_.is_due() || (job_.save_every > 0 && (done_ - first_) % job_.save_every == 0);
  }

  /// Saves between updates, unless the present state is saved. A disk that is full for now is no
  /// reason to stop.
  void save_meanwhile() {
    if (saved_ == done_) return;
    save_clock_.saved();
    try {
      save(unfinished_path(), io::Replace::yes, /*resumable=*/!job_.follow);
      saved_ = done_;
    } catch (const Error& e) {
      log::warning("{} could not be saved, and will be tried again: {}", progress_text(done_),
                   e.what());
    }
  }

  void put_in_place() {
    if (job_.follow) {
      if (saved_ < done_) save(job_.out, io::Replace::yes, /*resumable=*/false);
      in_place_ = true;
      return;
    }
    save(job_.out, job_.replace, /*resumable=*/false);
    in_place_ = true;
    remove_resume(resume_path(job_.out));
  }

  void save(const std::filesystem::path& path, io::Replace replace, bool resumable) {
    const signals::SaveInProgress saving;
    io::FileWriter file(trainer_.format());
    trainer_.write(file);
    write_counts(file, {done_, frames()});
    if (resumable) file.attribute("/progress", "job", identity_.dump());
    io::write_provenance(file, provenance());
    file.commit(path, replace);
  }

  [[nodiscard]] io::Provenance provenance() const {
    io::Provenance made = io::new_provenance(trainer_.config(), job_.seed, setup_.parents());
    made.episodes = setup_.episodes();
    return made;
  }

  const FitJob& job_;
  const FitSetup& setup_;
  Trainer& trainer_;
  const data::Replay& replay_;
  Json identity_;
  std::int64_t first_, last_, done_;
  std::int64_t saved_;  // the last update that is saved where the same command looks for it
  bool in_place_ = false;
  SaveClock save_clock_;
  Clock::time_point next_look_;
  double seconds_ahead_ = 0;  // spent waiting for data that others collect
  double seconds_updating_ = 0;
  std::unique_ptr<TensorBoard> board_;
};

}  // namespace

io::OutputLock claim_output(const FitJob& job) {
  io::check_output(job.out, job.replace);
  for (const auto& path : {resume_path(job.out), nonfinite_path(job.out)})
    io::check_output(path, io::Replace::yes);
  if (!job.dump_step.empty()) io::check_output(job.dump_step, job.replace);
  std::error_code none;
  if (std::filesystem::equivalent(job.init, resume_path(job.out), none))
    throw usage_error(
        "--init {}: is where this command keeps its own unfinished work; give another --out",
        job.init.string());
  return io::OutputLock(job.out);
}

void run_fit(const FitJob& job, const FitSetup& setup, Trainer& trainer,
             const data::Replay& replay) {
  Fit(job, setup, trainer, replay).run();
}

}  // namespace dreamer
