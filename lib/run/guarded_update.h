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

/// A sink that makes a step file with this provenance.
[[nodiscard]] StepSink step_file(const std::filesystem::path& path, io::Replace replace,
                                 const std::function<io::Provenance()>& provenance);

/// One update of `trainer`. If a loss is not finite, `work`, the parameters as they were before the
/// update, is saved, the update is written to OUT.nonfinite.h5, and EndedEarly says so.
Json guarded_update(Trainer& trainer, const data::Batch& batch, std::uint64_t update,
                    const StepSink& sink, const std::filesystem::path& out,
                    const std::function<io::Provenance()>& provenance,
                    const std::function<Unfinished()>& work);

}  // namespace dreamer
