#include "cli/help.h"

#include <fmt/format.h>

namespace dreamer::cli {

std::string shown_name(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true);
  std::string name;
  for (const std::string& letter : option.get_snames()) name += fmt::format("-{},", letter);
  return name + "--" + option.get_lnames().front();
}

std::string HelpFormatter::make_option_name(const CLI::Option* option, bool) const {
  return shown_name(*option);
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  std::string text;
  if (!option->get_type_name().empty()) text += " " + option->get_type_name();
  if (option->get_expected_max() > 1) text += " ...";
  if (option->get_required())
    text += " (required)";
  else if (!option->get_default_str().empty())
    text += fmt::format(" [{}]", option->get_default_str());
  return text;
}

}  // namespace dreamer::cli
