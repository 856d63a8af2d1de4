#include "cli/help.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

namespace dreamer::cli {

std::string shown_name(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true);
  std::string name;
  for (const std::string& letter : option.get_snames()) name += fmt::format("-{},", letter);
  return name + "--" + option.get_lnames().front();
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string name,
                                     CLI::AppFormatMode) const {
  std::string text =
      make_description(app) + make_usage(app, std::move(name)) + make_positionals(app);
  std::vector<std::string> groups = app->get_groups();
  std::ranges::stable_partition(groups, [](const std::string& g) { return g != kMessages; });
  for (const std::string& group : groups) {
    const auto options = app->get_options([&](const CLI::Option* option) {
      return option->get_group() == group && option->nonpositional();
    });
    if (!group.empty() && !options.empty()) text += make_group(group, false, options);
  }
  return text + "\n" + make_footer(app);
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

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  constexpr std::size_t kLine = 100;
  const std::size_t width = kLine - get_column_width();
  std::istringstream words(option->get_description());
  std::string text, line;
  for (std::string word; words >> word;) {
    if (!line.empty() && line.size() + 1 + word.size() > width) {
      text += line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return text + line;
}

}  // namespace dreamer::cli
