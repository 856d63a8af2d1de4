#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "core/json.h"
#include "data/episode.h"
#include "logged/export.h"

namespace dreamer::logged {

using ExportSink = std::function<void(const Json&)>;

// The formats, a file each.
void export_minari(const ExportOptions& options, const ExportSink& sink);
void export_dreamer(const ExportOptions& options, const ExportSink& sink);
void export_lerobot(const ExportOptions& options, const ExportSink& sink);

// What they have in common.

/// An episode to export. @throws signals::Stopped where a signal asks to stop
[[nodiscard]] data::Episode read_exported(const std::filesystem::path& path);

/// Refuses an episode that holds other things than the first one.
void check_same(const Signature& first, const Signature& other, const std::filesystem::path& path);

/// One stored action in its own units: continuous values, or the choice of each group.
void add_raw_action(const Space& space, const float* stored, std::vector<float>& raw,
                    std::vector<std::int64_t>& choices);

}  // namespace dreamer::logged
