#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/json.h"

namespace dreamer::cli {

// What a program says of itself, made from its declared options, so that it cannot go stale.

/// The version of the toolkit, "1.0.0".
[[nodiscard]] std::string version();

/// Versions of the toolkit and of the libraries it stands on. Opens the learning library.
[[nodiscard]] Json versions();

/// The OPTIONS and SETTINGS parts of the man page, in scdoc's language.
[[nodiscard]] std::string man_options(const CLI::App& app,
                                      const std::vector<std::string>& sections);

/// The words that shell completion offers: options, one a line, with the kind of their value.
[[nodiscard]] std::string completion_words(const CLI::App& app);

}  // namespace dreamer::cli
