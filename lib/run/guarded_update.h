#pragma once

#include "learner/unfinished.h"
#include "update/trainer.h"

namespace dreamer {

/// Where the work on an output is kept until it is done, and what a loss that is not finite leaves:
/// OUT.resume.h5 and OUT.nonfinite.h5.
[[nodiscard]] std::filesystem::path resume_path(const std::filesystem::path& out);
[[nodiscard]] std::filesystem::path nonfinite_path(const std::filesystem::path& out);

/// Removes a resume file whose run is done.
void remove_resume(const std::filesystem::path& path);

/// Writes an update in full as a step file with this provenance (--dump-step).
void write_step(const Update& update, const std::filesystem::path& path, io::Replace replace,
                const io::Provenance& provenance);

/// What an update that fails needs: how to say and save what was learned before it.
struct UpdateGuard {
  const std::filesystem::path& out;
  std::function<io::Provenance()> provenance;
  std::function<Unfinished()> work;
};

/// Makes a computed update, of this number; its metrics. If one of its losses is not finite, the
/// work, with the parameters as they were before the update, is saved, the update is written to
/// OUT.nonfinite.h5, and EndedEarly says so.
Json guarded_apply(Update& update, std::uint64_t number, const UpdateGuard& guard);

}  // namespace dreamer
