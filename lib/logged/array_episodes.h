#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "logged/array_file.h"
#include "logged/source.h"

namespace dreamer::logged {

// What formats made of named arrays (HDF5, npz) have in common.

/// An observation and the array that holds it.
struct Observed {
  Space space = {};
  std::string array = {};
};

/// The arrays under `group` that are images or numbers, by the names that they get: nested names
/// joined by dots. What holds no numbers is listed in `notes`.
[[nodiscard]] std::vector<Observed> observed(const ArrayFile& file, const std::string& group,
                                             std::vector<std::string>& notes);
/// One array; nothing if it can be no observation.
[[nodiscard]] std::optional<Observed> observed_array(const ArrayFile& file, const ArrayInfo& info,
                                                     const std::string& name);
/// A name that a dataset can have: other characters than letters, digits, '_', '-' and '.' become
/// '_'.
[[nodiscard]] std::string plain_name(const std::string& name);

/// Puts rows [first, first+count) of what is wanted into an episode.
void read_observations(const ArrayFile& file, const std::vector<Observed>& all,
                       const std::vector<std::string>& wanted, std::int64_t first,
                       std::int64_t count, LoggedEpisode& episode);

/// Puts observations, actions and rewards of `part` behind those of an episode that has the same
/// cameras and vectors.
void append(LoggedEpisode& episode, LoggedEpisode part);

/// Rows of numbers as a matrix [rows, columns]; a plain column has one.
[[nodiscard]] Array<double> matrix(const ArrayFile& file, const std::string& name,
                                   std::int64_t first, std::int64_t count);
/// Several such side by side.
[[nodiscard]] Array<double> matrix(const ArrayFile& file, const std::vector<std::string>& names,
                                   std::int64_t first, std::int64_t count);
/// A column of numbers, [rows] or [rows,1].
[[nodiscard]] std::vector<double> column(const ArrayFile& file, const std::string& name,
                                         std::int64_t first, std::int64_t count);

/// Rows of an array; an Error unless they are `rows`.
void check_rows(const ArrayFile& file, const std::string& name, std::int64_t rows);

}  // namespace dreamer::logged
