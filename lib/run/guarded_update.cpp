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

void write_step(const Update& update, const std::filesystem::path& path, io::Replace replace,
                const io::Provenance& provenance) {
  io::FileWriter file("dreamer.step");
  io::write_provenance(file, provenance);
  update.write(file);
  file.commit(path, replace);
}

Json guarded_apply(Update& update, std::uint64_t number, const UpdateGuard& guard) {
  if (const std::string what = update.nonfinite(); !what.empty()) {
    const std::string reason = fmt::format("{}: {}", guard.out.string(), what);
    const std::string kept = keep(guard.work(), reason);
    const auto path = nonfinite_path(guard.out);
    std::string written = "the batch in " + path.string();
    try {
      write_step(update, path, io::Replace::yes, guard.provenance());
    } catch (const Error& why) {
      written = fmt::format("the batch could not be written: {}", why.what());
    }
    throw EndedEarly(fmt::format(
        "{}; parameters as before it: {}; {}; lower the learning rate or look for outliers in "
        "--data and --init",
        reason, kept, written));
  }
  try {
    return update.apply();
  } catch (...) {
    const Unfinished lost = guard.work();
    throw EndedEarly(fmt::format(
        "{}; that left update {} half made, which is not saved; {}",
        failure_of(std::current_exception(), kMemoryRemedy).message, number,
        lost.saved.empty() ? "nothing was saved before"
                           : fmt::format("{} are in {}", lost.saved, lost.path.string())));
  }
}

}  // namespace dreamer
