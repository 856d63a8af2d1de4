#include "data/episode_list.h"

#include <algorithm>
#include <string_view>

#include "core/error.h"
#include "core/json.h"
#include "core/path_text.h"

namespace dreamer::data {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHdf5Signature = "\x89HDF";
constexpr std::size_t kLongestLine = 1 << 20;

/// The path that one line of input names; empty for a blank line.
fs::path path_of(std::string line, std::size_t number) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!line.empty() && blank(line.back())) line.pop_back();
  if (line.empty() || line.front() != '{') return line;
  const auto record = try_parse_json(line);
  if (!record)
    throw error("-: line {} begins like JSON but is not; give a path or JSON with a field episode",
                number);
  const auto episode = record->find("episode");
  if (episode == record->end() || !episode->is_string())
    throw error("-: line {} has no text field 'episode'; give the output of dr-collect, or paths",
                number);
  const auto text = episode->get<std::string>();
  if (text.find('\0') != std::string::npos)
    throw error("-: line {} names a file with a zero byte in its name; there is none", number);
  return path_of_text(text);
}

/// The next line, without its end; false at the end of the input.
bool next_line(std::istream& in, std::string& line, std::size_t number) {
  line.clear();
  for (int c = in.get(); c != std::istream::traits_type::eof(); c = in.get()) {
    if (c == '\n') return true;
    if (line.size() == kLongestLine)
      throw usage_error("-: line {} is longer than {} KiB; give a list of paths, one a line",
                        number, kLongestLine >> 10);
    line.push_back(static_cast<char>(c));
  }
  return !line.empty();
}

void read_list(std::istream& in, std::vector<fs::path>& paths) {
  std::string line;
  for (std::size_t number = 1; next_line(in, line, number); ++number) {
    if (line.starts_with(kHdf5Signature) || line.find('\0') != std::string::npos)
      throw usage_error(
          "-: this is an HDF5 or other binary file, which needs random access; give its path "
          "instead (- takes a list of paths, or dr-collect's output)");
    if (auto path = path_of(line, number); !path.empty()) paths.push_back(std::move(path));
  }
}

}  // namespace

std::vector<fs::path> episodes_in(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code code;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end;
       entry.increment(code)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with('.') || !name.ends_with(".h5") || name.ends_with(".resume.h5")) continue;
    std::error_code gone;  // an entry that vanishes meanwhile is no episode
    if (!entry->is_directory(gone)) paths.push_back(entry->path());
  }
  if (code) throw error("{}: cannot be listed: {}", folder.string(), code.message());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<fs::path> episodes_now(const std::vector<fs::path>& paths) {
  std::vector<fs::path> found;
  for (const fs::path& path : paths) {
    std::error_code missing;
    if (fs::is_directory(path, missing)) {
      const auto inside = episodes_in(path);
      found.insert(found.end(), inside.begin(), inside.end());
    } else if (fs::exists(path, missing)) {
      found.push_back(path);
    }
  }
  return found;
}

std::vector<fs::path> resolve_episodes(const std::vector<std::string>& arguments,
                                       std::istream& in) {
  std::vector<fs::path> paths;
  for (const std::string& argument : arguments) {
    if (argument == "-") {
      read_list(in, paths);
    } else if (std::error_code code; fs::is_directory(argument, code)) {
      const auto inside = episodes_in(argument);
      paths.insert(paths.end(), inside.begin(), inside.end());
    } else if (fs::exists(argument, code)) {
      paths.emplace_back(argument);
    } else {
      throw error("{}: no such file or directory", argument);
    }
  }
  if (paths.empty())
    throw error(
        "no episodes in {}; collect some with dr-collect, or name files, folders with *.h5 "
        "or - for a list on standard input",
        arguments.empty() ? "an empty list" : fmt::format("{}", fmt::join(arguments, ", ")));
  return paths;
}

}  // namespace dreamer::data
