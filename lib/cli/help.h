#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace dreamer::cli {

/// The heading of the options that every program has; it is shown last.
inline constexpr const char* kMessages = "Messages";

/// --help: an option by its first name alone (older spellings are taken and not shown), with the
/// kind or the choices of its value, whether it is required, and its default.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
  std::string make_option_name(const CLI::Option* option, bool positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
};

/// "--out", or "-h,--help": the name under which an option is shown.
[[nodiscard]] std::string shown_name(const CLI::Option& option);

}  // namespace dreamer::cli
