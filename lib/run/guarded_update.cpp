#include "run/guarded_update.h"

#include "core/failure.h"
#include "core/log.h"

namespace dreamer {
namespace {

std::filesystem::path beside(const std::filesystem::path& out, const std::string& ending) {
  auto path = out;
  path.replace_extension();
  return path += ending;
}

}  // namespace

std::filesystem::path resume_path(const std::filesystem::path& out) {
  return beside(out, ".resume.h5");
}

std::filesystem::path nonfinite_path(const std::filesystem::path& out) {
  return beside(out, ".nonfinite.h5");
}

void remove_resume(const std::filesystem::path& path) {
  std::error_code failed;
  std::filesystem::remove(path, failed);
  if (failed)
    log::warning("{}: its run is done, and it cannot be removed: {}", path.string(),
                 failed.message());
}

StepSink step_file(const std::filesystem::path& path, io::Replace replace,
                   const std::function<io::Provenance()>& provenance) {
  return [=](const std::function<void(io::FileWriter&)>& write) {
    io::FileWriter file("dreamer.step");
    io::write_provenance(file, provenance());
    write(file);
    file.commit(path, replace);
  };
}

Json guarded_update(Trainer& trainer, const data::Batch& batch, std::uint64_t update,
                    const StepSink& sink, const std::filesystem::path& out,
                    const std::function<io::Provenance()>& provenance,
                    const std::function<Unfinished()>& work) {
  const std::int64_t steps = trainer.steps();
  try {
    return trainer.update(batch, update, sink);
  } catch (const NonFinite& e) {
    const std::string reason = fmt::format("{}: {}", out.string(), e.what());
    const std::string kept = keep(work(), reason);
    // The step again, which is the same to the last bit, this time with everything written down.
    std::string written = "the batch in " + nonfinite_path(out).string();
    try {
      trainer.update(batch, update, step_file(nonfinite_path(out), io::Replace::yes, provenance));
    } catch (const NonFinite&) {
    } catch (const Error& why) {
      written = fmt::format("the batch could not be written: {}", why.what());
    }
    throw EndedEarly(fmt::format(
        "{}; parameters as before it: {}; {}; lower the learning rate or look for outliers in the "
        "data",
        reason, kept, written));
  } catch (...) {
    if (trainer.steps() == steps) throw;
    const Unfinished lost = work();
    throw EndedEarly(fmt::format(
        "{}; that left update {} half made, which is not saved; {}",
        failure_of(std::current_exception(), kMemoryRemedy).message, update,
        lost.saved.empty() ? "nothing was saved before"
                           : fmt::format("{} are in {}", lost.saved, lost.path.string())));
  }
}

}  // namespace dreamer
