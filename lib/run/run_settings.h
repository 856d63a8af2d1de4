#pragma once

#include <filesystem>

#include "learner/jobs.h"

namespace dreamer {

/// Writes all settings of a run of dr-train to `path`, before anything is learned: JSON of the form
/// schemas/run.schema.json, as the pipelines write it.
void write_run_settings(const std::filesystem::path& path, const TrainJob& job);

/// The same for a run that goes on: settings that it had until now, where they differ, are kept
/// under "earlier".
void record_run_settings(const std::filesystem::path& path, const TrainJob& job);

}  // namespace dreamer
