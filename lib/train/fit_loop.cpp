#include "train/fit_loop.h"

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
#include "train/guarded_update.h"
#include "train/metrics.h"

namespace dreamer {
namespace {

constexpr std::int64_t kEndless = std::numeric_limits<std::int64_t>::max();

// Looking takes at most a tenth of the time, however large the folder.
constexpr double kSecondsBetweenLooks = 1, kPauseForALook = 10;

// What must be the same for a resume file to be gone on from.
Json identity(const FitJob& job, const FitSetup& setup, const Trainer& trainer,
              const data::Replay& replay) {
  Json parents = Json::array();
  for (const io::Parent& parent : setup.parents()) parents.push_back({parent.role, parent.id});
  return {{"config", trainer.config()},
          {"seed", job.seed},
          {"updates", job.updates},
          {"parents", parents},
          {"data", fmt::format("{:016x}", replay.digest())}};
}

// The first difference, for people.
std::string difference(const Json& theirs, const Json& ours) {
  const Json patch = Json::diff(theirs, ours);
  return patch.empty() ? "" : patch[0].value("path", "");
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
        saved_(first_) {}

  void run() {
    io::check_output(job_.out, job_.replace);
    const std::optional<io::FileReader> earlier = find_earlier();
    if (!job_.logdir.empty())
      board_ = std::make_unique<TensorBoard>(job_.logdir / setup_.stream, done_);
    MetricsLog metrics(board_.get(), setup_.stream);
    data::Prefetcher batches(replay_,
                             RandomStream(static_cast<std::uint64_t>(job_.seed), setup_.stream),
                             {setup_.batch, setup_.length, static_cast<std::uint64_t>(done_)});
    if (earlier) trainer_.read(*earlier);  // while the first batches are prepared
    Progress progress("updates", job_.updates, done_ - first_);
    double waited = 0;
    const auto write_metrics = [&](const Json& more) {
      const double now = batches.seconds_waited() + seconds_ahead_;
      metrics.write(done_, now - waited, more);
      waited = now;
    };
    const std::int64_t found = done_;
    while (done_ < last_) {
      if (job_.follow) keep_up();
      if (signals::requested() != 0) {
        save_unfinished();
        log::info("stopped after {} updates; the same command goes on from {}", progress_text(),
                  unfinished_path().string());
        return;
      }
      const data::Batch batch = batches.next();
      const auto start = Clock::now();
      metrics.add(update(batch));
      seconds_updating_ += seconds_since(start);
      ++done_;
      progress.advance();
      if ((done_ - first_) % job_.log_every == 0 && done_ < last_) write_metrics(Json::object());
      if (board_ && setup_.pictures) setup_.pictures(*board_, done_);
      if (job_.save_every > 0 && (done_ - first_) % job_.save_every == 0 && done_ < last_)
        save_unfinished();
    }
    if (job_.follow) {
      publish();
    } else {
      save(job_.out, job_.replace, /*resumable=*/false);
      std::filesystem::remove(resume_path(job_.out));
    }
    if (done_ > found) write_metrics(time_taken());
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// Looks for what is new, unless it just has; waits for data while there are too few for the
  /// updates made. What is waited for may need what was learned so far, so that is published first.
  void keep_up() {
    if (Clock::now() >= next_look_) look();
    while (ahead_of_data() && signals::requested() == 0) {
      publish();
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
  [[nodiscard]] Json time_taken() const {
    const double seconds = seconds_since_start();
    return {{"seconds", seconds}, {"overhead_seconds", seconds - seconds_updating_}};
  }

  [[nodiscard]] std::int64_t agent_steps() const {
    return replay_.total_rows() - replay_.episodes();  // rows less resets
  }

  [[nodiscard]] bool ahead_of_data() const {
    return job_.max_ratio > 0 && static_cast<double>(done_ - first_ + 1) >
                                     job_.max_ratio * static_cast<double>(agent_steps());
  }

  Json update(const data::Batch& batch) {
    const bool dump = !job_.dump_step.empty() && done_ == first_;
    const auto made_by = [this] { return provenance(); };
    return guarded_update(trainer_, batch, static_cast<std::uint64_t>(done_),
                          dump ? step_file(job_.dump_step, job_.replace, made_by) : StepSink(),
                          job_.out, made_by, [this] { save_resume(); });
  }

  /// What this fit goes on from, if anything: its own unfinished work, or else the checkpoint that
  /// --init names.
  std::optional<io::FileReader> find_earlier() {
    const auto path = unfinished_path();
    if (std::filesystem::exists(path)) {
      io::FileReader file(path, trainer_.format());
      if (!job_.follow) check_same_job(file);
      done_ = saved_ = read_counts(file).updates;
      log::info("going on from {} after {} updates", path.string(), progress_text());
      return file;
    }
    if (!job_.init.empty()) return io::FileReader(job_.init, trainer_.format());
    return std::nullopt;
  }

  void check_same_job(const io::FileReader& file) const {
    const Json theirs = file.json_attribute("/progress", "job");
    if (theirs != identity_)
      throw error(
          "{}: was left by another command ({} differs); run that one to its end, or remove "
          "the file",
          file.path().string(), difference(theirs, identity_));
  }

  [[nodiscard]] std::string progress_text() const {
    return job_.updates > 0 ? fmt::format("{} of {}", done_ - first_, job_.updates)
                            : fmt::format("{}", done_ - first_);
  }

  /// Where the work lies until it is done; with --follow it is never done.
  [[nodiscard]] std::filesystem::path unfinished_path() const {
    return job_.follow ? job_.out : resume_path(job_.out);
  }

  void save_unfinished() {
    if (job_.follow)
      publish();
    else
      save_resume();
  }

  /// Replaces the output that others follow, unless it holds the present state.
  void publish() {
    if (saved_ == done_) return;
    save(job_.out, io::Replace::yes, /*resumable=*/false);
    saved_ = done_;
  }

  void save_resume() { save(resume_path(job_.out), io::Replace::yes, /*resumable=*/true); }

  void save(const std::filesystem::path& path, io::Replace replace, bool resumable) {
    io::FileWriter file(trainer_.format());
    trainer_.write(file);
    write_counts(file, {done_, agent_steps() * replay_.action_repeat()});
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
  std::int64_t saved_;  // the last update that the output holds (follow)
  Clock::time_point next_look_;
  double seconds_ahead_ = 0;  // spent waiting for data that others collect
  double seconds_updating_ = 0;
  std::unique_ptr<TensorBoard> board_;
};

}  // namespace

void run_fit(const FitJob& job, const FitSetup& setup, Trainer& trainer,
             const data::Replay& replay) {
  Fit(job, setup, trainer, replay).run();
}

}  // namespace dreamer
