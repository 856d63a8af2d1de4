#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"

namespace dreamer::data {

/// What a file of ours is: file, bytes, format, format_version, command (that made it, quoted for a
/// shell), provenance (argv, config and parents parsed), attributes by object, datasets with type,
/// shape, dims and stored bytes. @throws Error if it cannot be read
[[nodiscard]] Json describe(const std::filesystem::path& path);

/// All of that for people.
[[nodiscard]] std::string listing(const Json& description);

/// Settings by name, as a preset sets them: by section, by name.
struct Preset {
  std::string name;
  Json settings;
};

/// Which preset the file's settings come nearest to, and what they change of it: {"preset": name,
/// "changed": {"model.kl_scale": 5}}; null where it has none.
[[nodiscard]] Json settings_of(const Json& description, const std::vector<Preset>& presets);

/// What a file is, for people, in a few lines: "policy for cartpole_swingup: 30 updates, …", by
/// which command it was made, from what, and with which settings (from settings_of).
[[nodiscard]] std::string summary(const Json& description, const Json& settings);

/// A fact in which two files differ; null where one has none of it.
struct Difference {
  std::string name;
  Json first, second;
};

/// In which settings, attributes, versions and shapes two described files differ; not in what
/// differs between any two: when and by which command they were made, from what.
[[nodiscard]] std::vector<Difference> differences(const Json& first, const Json& second);

/// "1023 B", "12 KiB", "3 MiB".
[[nodiscard]] std::string size_text(std::int64_t bytes);

/// A value as one line of text, whole.
[[nodiscard]] std::string value_text(const Json& value);

/// Everything in which a file breaks the layout of its format; empty if it obeys.
/// @throws Error if it cannot be read
[[nodiscard]] std::vector<std::string> violations(const std::filesystem::path& path);

}  // namespace dreamer::data
