#pragma once

#include <filesystem>
#include <memory>

#include "logged/source.h"

namespace dreamer::logged {

// The formats that are read, one a file; formats.cpp lists them.

[[nodiscard]] bool is_minari(const std::filesystem::path& path);
[[nodiscard]] std::unique_ptr<Source> open_minari(const std::filesystem::path& path,
                                                  const SourceOptions& options);
[[nodiscard]] bool is_lerobot(const std::filesystem::path& path);
[[nodiscard]] std::unique_ptr<Source> open_lerobot(const std::filesystem::path& path,
                                                   const SourceOptions& options);
[[nodiscard]] bool is_robomimic(const std::filesystem::path& path);
[[nodiscard]] std::unique_ptr<Source> open_robomimic(const std::filesystem::path& path,
                                                     const SourceOptions& options);
[[nodiscard]] bool is_d4rl(const std::filesystem::path& path);
[[nodiscard]] std::unique_ptr<Source> open_d4rl(const std::filesystem::path& path,
                                                const SourceOptions& options);
[[nodiscard]] bool is_vd4rl(const std::filesystem::path& path);
[[nodiscard]] std::unique_ptr<Source> open_vd4rl(const std::filesystem::path& path,
                                                 const SourceOptions& options);
[[nodiscard]] bool is_ogbench(const std::filesystem::path& path);
[[nodiscard]] std::unique_ptr<Source> open_ogbench(const std::filesystem::path& path,
                                                   const SourceOptions& options);
[[nodiscard]] bool is_dreamer_npz(const std::filesystem::path& path);
[[nodiscard]] std::unique_ptr<Source> open_dreamer_npz(const std::filesystem::path& path,
                                                       const SourceOptions& options);
[[nodiscard]] bool is_dreamerv3(const std::filesystem::path& path);
[[nodiscard]] std::unique_ptr<Source> open_dreamerv3(const std::filesystem::path& path,
                                                     const SourceOptions& options);

[[nodiscard]] bool is_rlds(const std::filesystem::path& path);
[[nodiscard]] std::unique_ptr<Source> open_rlds(const std::filesystem::path& path,
                                                const SourceOptions& options);

/// Files of any layout, which options.map describes.
[[nodiscard]] std::unique_ptr<Source> open_mapped(const std::filesystem::path& path,
                                                  const SourceOptions& options);

/// Whether a file begins as an HDF5 file, or a zip archive, does.
[[nodiscard]] bool is_hdf5(const std::filesystem::path& path);
[[nodiscard]] bool is_zip(const std::filesystem::path& path);
/// The npz files of a folder, by name; of a file that one.
[[nodiscard]] std::vector<std::filesystem::path> npz_files(const std::filesystem::path& path);

}  // namespace dreamer::logged
