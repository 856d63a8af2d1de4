#include "io/provenance.h"

#include <sys/random.h>

#include <array>
#include <chrono>
#include <ctime>
#include <mutex>

#include "core/error.h"

namespace dreamer::io {
namespace {

constexpr const char* kGroup = "/provenance";

struct CommandLine {
  std::mutex mutex;
  std::string program = "dreamer";
  std::vector<std::string> argv;
};

CommandLine& command_line() {
  static CommandLine instance;
  return instance;
}

std::string new_id() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw error("no random bytes from the system for a file's id");
  std::string id;
  for (const unsigned char byte : bytes) id += fmt::format("{:02x}", byte);
  return id;
}

std::string now_utc() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {text.data(), size};
}

/// A text that JSON of others must hold.
std::string text_in(const Json& value, const FileReader& file, const std::string& name) {
  if (!value.is_string())
    throw error("{} does not hold the texts that it should", file.attribute_place(kGroup, name));
  return value.get<std::string>();
}

std::vector<std::string> read_argv(const FileReader& file) {
  const Json stored = file.json_attribute(kGroup, "argv");
  if (!stored.is_array())
    throw error("{} is no array of texts", file.attribute_place(kGroup, "argv"));
  std::vector<std::string> argv;
  for (const Json& word : stored) argv.push_back(text_in(word, file, "argv"));
  return argv;
}

std::vector<Parent> read_parents(const FileReader& file) {
  const Json stored = file.json_attribute(kGroup, "parents");
  if (!stored.is_array())
    throw error("{} is no array of objects", file.attribute_place(kGroup, "parents"));
  std::vector<Parent> parents;
  for (const Json& parent : stored) {
    const auto field = [&](const char* name) {
      const bool there = parent.is_object() && parent.contains(name);
      return text_in(there ? parent[name] : Json(), file, "parents");
    };
    parents.push_back({field("id"), field("role")});
  }
  return parents;
}

/// Absent in files without them, and in those of earlier versions.
std::vector<std::string> read_episodes(const FileReader& file) {
  std::vector<std::string> episodes;
  if (!file.has_attribute(kGroup, "episodes")) return episodes;
  for (const Json& episode : file.json_attribute(kGroup, "episodes"))
    if (episode.is_string()) episodes.push_back(episode.get<std::string>());
  return episodes;
}

}  // namespace

void set_command_line(std::string program, std::vector<std::string> argv) {
  auto& line = command_line();
  const std::lock_guard lock(line.mutex);
  line.program = std::move(program);
  line.argv = std::move(argv);
}

Provenance new_provenance(Json config, std::int64_t seed, std::vector<Parent> parents) {
  auto& line = command_line();
  const std::lock_guard lock(line.mutex);
  return {.id = new_id(),
          .program = line.program,
          .version = DREAMER_VERSION,
          .argv = line.argv,
          .config = std::move(config),
          .seed = seed,
          .parents = std::move(parents),
          .time = now_utc()};
}

void write_provenance(FileWriter& file, const Provenance& provenance) {
  Json parents = Json::array();
  for (const auto& parent : provenance.parents)
    parents.push_back({{"id", parent.id}, {"role", parent.role}});
  const auto put = [&](const char* name, const Json& value) {
    file.attribute(kGroup, name, value);
  };
  // Arguments and paths may hold any bytes; what is not UTF-8 is replaced.
  const auto text = [](const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  put("id", provenance.id);
  put("program", provenance.program);
  put("version", provenance.version);
  put("argv", text(provenance.argv));
  put("config", text(provenance.config));
  put("seed", provenance.seed);
  put("parents", text(parents));
  put("time", provenance.time);
  if (!provenance.episodes.empty()) put("episodes", text(provenance.episodes));
}

Provenance read_provenance(const FileReader& file) {
  const auto text = [&](const char* name) { return file.attribute<std::string>(kGroup, name); };
  return {.id = text("id"),
          .program = text("program"),
          .version = text("version"),
          .argv = read_argv(file),
          .config = file.json_attribute(kGroup, "config"),
          .seed = file.attribute<std::int64_t>(kGroup, "seed"),
          .parents = read_parents(file),
          .time = text("time"),
          .episodes = read_episodes(file)};
}

}  // namespace dreamer::io
