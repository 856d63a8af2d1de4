#include "cli/describe.h"

#include <fmt/format.h>
#include <hdf5.h>
#include <mujoco/mujoco.h>

#include <algorithm>

#include "cli/help.h"
#include "config/config.h"
#include "learner/learner.h"

namespace dreamer::cli {
namespace {

// scdoc reads _ and * and \ as markup.
std::string escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '_' || c == '*' || c == '\\' || c == '<' || c == '#') out += '\\';
    out += c;
  }
  return out;
}

bool shown(const CLI::Option* option) { return !option->get_group().empty(); }

}  // namespace

std::string version() { return DREAMER_VERSION; }

Json versions() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return {{"dreamer", version()},
          {"libtorch", learner().libtorch_version()},
          {"mujoco", mj_versionString()},
          {"hdf5", fmt::format("{}.{}.{}", major, minor, release)}};
}

std::string man_options(const CLI::App& app, const std::vector<std::string>& sections) {
  std::string text = "# OPTIONS\n\n";
  for (const CLI::Option* option : app.get_options()) {
    if (!shown(option)) continue;
    std::string line = fmt::format("*{}*", escape(shown_name(*option)));
    if (!option->get_type_name().empty()) line += fmt::format(" _{}_", option->get_type_name());
    if (option->get_expected_max() > 1) line += " …";
    text += line + "\n\t" + escape(option->get_description());
    if (option->get_required())
      text += " (required)";
    else if (!option->get_default_str().empty())
      text += fmt::format(" (default: {})", escape(option->get_default_str()));
    text += "\n\n";
  }
  if (sections.empty()) return text;
  text += "# SETTINGS\n\nFor *--set* and *--config*, with the defaults (preset paper).\n\n";
  Config config;
  for (const Section& section : dreamer::sections(config)) {
    if (std::ranges::find(sections, section.name) == sections.end()) continue;
    for (const Field& field : section.fields)
      text += fmt::format("*{}.{}* = {}\n\t{} ({})\n\n", section.name, escape(field.name),
                          escape(field.json().dump()), escape(field.doc), escape(field.allowed()));
  }
  return text;
}

std::string completion_words(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    if (!shown(option)) continue;
    if (!option->get_positional())
      text += fmt::format("--{}\t{}\n", option->get_lnames().front(), option->get_type_name());
  }
  return text;
}

}  // namespace dreamer::cli
