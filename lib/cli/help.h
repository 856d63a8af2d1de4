#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace dreamer::cli {

/// --help: an option by its first name alone (older spellings are taken and not shown), with the
/// kind or the choices of its value, whether it is required, and its default.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_name(const CLI::Option* option, bool positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
};

/// "--out", or "-h,--help": the name under which an option is shown.
[[nodiscard]] std::string shown_name(const CLI::Option& option);

}  // namespace dreamer::cli
