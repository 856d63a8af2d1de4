#include "train/fit_loop.h"

#include <memory>

#include "core/log.h"
#include "core/progress.h"
#include "core/signals.h"
#include "data/prefetch.h"
#include "io/atomic_file.h"
#include "train/metrics.h"

namespace dreamer {
namespace {

std::filesystem::path beside(const std::filesystem::path& out, const std::string& ending) {
  auto path = out;
  path.replace_extension();
  return path += ending;
}

// What must be the same for a resume file to be gone on from.
Json identity(const FitJob& job, const FitSetup& setup, const Trainer& trainer,
              const data::Replay& replay) {
  Json parents = Json::array();
  for (const io::Parent& parent : setup.parents) parents.push_back({parent.role, parent.id});
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
        last_(first_ + job.updates),
        done_(first_) {
    counts_.environment_steps =
        (replay.total_rows() - replay.episodes()) * replay.action_repeat();  // rows less resets
  }

  void run() {
    io::check_output(job_.out, job_.replace);
    resume();
    if (!job_.logdir.empty()) board_ = std::make_unique<TensorBoard>(job_.logdir, done_ + 1);
    MetricsLog metrics(board_.get(), setup_.stream);
    data::Prefetcher batches(replay_,
                             RandomStream(static_cast<std::uint64_t>(job_.seed), setup_.stream),
                             {setup_.batch, setup_.length, static_cast<std::uint64_t>(done_)});
    Progress progress("updates", job_.updates, done_ - first_);
    double waited = 0;
    while (done_ < last_) {
      if (signals::requested() != 0) {
        save_resume();
        log::info("stopped after {} of {} updates; the same command goes on from {}",
                  done_ - first_, job_.updates, resume_path(job_.out).string());
        return;
      }
      const data::Batch batch = batches.next();
      metrics.add(update(batch));
      ++done_;
      progress.advance();
      if ((done_ - first_) % job_.log_every == 0 || done_ == last_) {
        metrics.write(done_, batches.seconds_waited() - waited);
        waited = batches.seconds_waited();
      }
      if (board_ && setup_.pictures) setup_.pictures(*board_, done_);
      if (job_.save_every > 0 && (done_ - first_) % job_.save_every == 0 && done_ < last_)
        save_resume();
    }
    save(job_.out, job_.replace, /*resumable=*/false);
    std::filesystem::remove(resume_path(job_.out));
  }

 private:
  Json update(const data::Batch& batch) {
    const auto number = static_cast<std::uint64_t>(done_);
    const auto writes_to = [&](const std::filesystem::path& path, io::Replace replace) {
      return [this, path, replace](const std::function<void(io::FileWriter&)>& write) {
        io::FileWriter file("dreamer.step");
        io::write_provenance(file,
                             io::new_provenance(trainer_.config(), job_.seed, setup_.parents));
        write(file);
        file.commit(path, replace);
      };
    };
    const bool dump = !job_.dump_step.empty() && done_ == first_;
    try {
      return trainer_.update(batch, number,
                             dump ? writes_to(job_.dump_step, job_.replace) : StepSink());
    } catch (const NonFinite& e) {
      // The step again, which is the same to the last bit, this time with everything written down.
      const auto where = beside(job_.out, ".nonfinite.h5");
      save_resume();
      try {
        trainer_.update(batch, number, writes_to(where, io::Replace::yes));
      } catch (const NonFinite&) {
      }
      throw error(
          "{}: {}; parameters as before it in {}, the batch in {}; lower the learning rate "
          "or look for outliers in the data",
          job_.out.string(), e.what(), resume_path(job_.out).string(), where.string());
    }
  }

  void resume() {
    const auto path = resume_path(job_.out);
    if (!std::filesystem::exists(path)) return;
    const io::FileReader file(path, trainer_.format());
    const Json theirs = Json::parse(file.attribute("/progress", "job").get<std::string>());
    if (theirs != identity_)
      throw error(
          "{}: was left by another command ({} differs); run that one to its end, or remove "
          "the file",
          path.string(), difference(theirs, identity_));
    trainer_.read(file);
    done_ = read_counts(file).updates;
    log::info("going on from {} after {} of {} updates", path.string(), done_ - first_,
              job_.updates);
  }

  void save_resume() { save(resume_path(job_.out), io::Replace::yes, /*resumable=*/true); }

  void save(const std::filesystem::path& path, io::Replace replace, bool resumable) {
    io::FileWriter file(trainer_.format());
    trainer_.write(file);
    counts_.updates = done_;
    write_counts(file, counts_);
    if (resumable) file.attribute("/progress", "job", identity_.dump());
    io::write_provenance(file, io::new_provenance(trainer_.config(), job_.seed, setup_.parents));
    file.commit(path, replace);
  }

  const FitJob& job_;
  const FitSetup& setup_;
  Trainer& trainer_;
  const data::Replay& replay_;
  Json identity_;
  std::int64_t first_, last_, done_;
  Counts counts_;
  std::unique_ptr<TensorBoard> board_;
};

}  // namespace

std::filesystem::path resume_path(const std::filesystem::path& out) {
  return beside(out, ".resume.h5");
}

void run_fit(const FitJob& job, const FitSetup& setup, Trainer& trainer,
             const data::Replay& replay) {
  Fit(job, setup, trainer, replay).run();
}

}  // namespace dreamer
